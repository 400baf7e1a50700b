"""A browser without script: pages, forms, cookies, redirects. Loopback counts as secure."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

import httpx2

MAX_HOPS = 12


@dataclass
class Form:
    """A form as a person would send it: fields with their first values."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)


class Reader(HTMLParser):
    """Finds the forms of a page, and the text of every element with an id."""

    def __init__(self) -> None:
        """Begin with an empty page."""
        super().__init__()
        self.forms: list[Form] = []
        self.texts: dict[str, str] = {}
        self.attributes: dict[str, dict[str, str]] = {}
        self._open: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form, a field, or an element with an id."""
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(found.get("action", "")))
        elif tag == "input" and self.forms and _is_sent(found):
            self.forms[-1].fields.append((found["name"], found.get("value", "")))
        if "id" in found:
            self.texts[found["id"]] = ""
            self.attributes[found["id"]] = found
            if tag not in {"input", "img", "br", "link", "meta"}:
                self._open.append((tag, found["id"]))

    def handle_data(self, data: str) -> None:
        """Add text to every open element with an id."""
        for _, name in self._open:
            self.texts[name] += data

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element with an id."""
        if self._open and self._open[-1][0] == tag:
            self._open.pop()


def _is_sent(field: dict[str, str]) -> bool:
    """Whether a browser sends that field: it has a name, and is not an empty box."""
    return bool(field.get("name")) and (field.get("type") != "checkbox" or "checked" in field)


@dataclass(frozen=True)
class Page:
    """What came back."""

    url: str
    status: int
    headers: httpx2.Headers
    text: str
    location: str | None

    def read(self) -> Reader:
        """The page's forms and texts."""
        reader = Reader()
        reader.feed(self.text)
        return reader

    def element(self, name: str) -> str | None:
        """The text of the element with that id."""
        found = self.read().texts.get(name)
        return " ".join(found.split()) if found is not None else None

    def form(self, action: str) -> Form:
        """The form whose action begins like that; raises LookupError."""
        for form in self.read().forms:
            if urlsplit(form.action).path.startswith(action):
                return form
        raise LookupError(f"no form {action} at {self.url} (status {self.status})")


class Browser:
    """One person's browser. Cookies know no port, as in real browsers."""

    def __init__(self) -> None:
        """Open an empty one."""
        self._http = httpx2.Client(follow_redirects=False, timeout=20)
        self.jar: dict[tuple[str, str], str] = {}

    def get(self, url: str, *, stop_at: str | None = None) -> Page:
        """Go there and wherever it leads, but not into `stop_at`."""
        return self._follow(self._send("GET", url, None), stop_at)

    def submit(
        self, page: Page, form: Form, values: dict[str, str], *, stop_at: str | None = None
    ) -> Page:
        """Send a form with some values filled in."""
        fields = [(k, v) for k, v in form.fields if k not in values] + list(values.items())
        return self._follow(self._send("POST", urljoin(page.url, form.action), fields), stop_at)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _follow(self, page: Page, stop_at: str | None) -> Page:
        for _ in range(MAX_HOPS):
            if page.location is None or (stop_at and page.location.startswith(stop_at)):
                return page
            page = self._send("GET", page.location, None)
        raise LookupError(f"more than {MAX_HOPS} redirects, now at {page.url}")

    def _send(self, method: str, url: str, fields: list[tuple[str, str]] | None) -> Page:
        host = urlsplit(url).hostname or ""
        cookies = "; ".join(f"{name}={v}" for (h, name), v in self.jar.items() if h == host)
        headers = {"Cookie": cookies} if cookies else {}
        headers["Accept"] = "text/html"
        if fields is not None:
            headers |= {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(fields).encode() if fields is not None else None
        answer = self._http.request(method, url, content=body, headers=headers)
        self._keep_cookies(host, answer)
        where = answer.headers.get("location")
        location = urljoin(url, where) if where and answer.is_redirect else None
        return Page(url, answer.status_code, answer.headers, answer.text, location)

    def _keep_cookies(self, host: str, answer: httpx2.Response) -> None:
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0]
            if "max-age=0" in rest.lower() or value in {"", '""'}:
                self.jar.pop((host, name), None)
            else:
                self.jar[(host, name)] = value
