"""A browser without script, in process: pages, forms, cookies, redirects within the service."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode, urljoin, urlsplit

import httpx2
from browser import Form, Page

__all__ = ["Form", "Page", "Visitor"]

MAX_HOPS = 8
OURS = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}  # what a form of our pages brings

Fields = Sequence[tuple[str, str]]


class Visitor:
    """One person's browser. It follows redirects, but not away from the service."""

    def __init__(self, http: httpx2.Client, issuer: str) -> None:
        self._http = http
        self._issuer = issuer
        self.jar: dict[str, str] = {}

    def get(self, path: str) -> Page:
        """Go there and wherever it leads."""
        return self.walk("GET", path)

    def walk(self, method: str, path: str, fields: Fields | None = None) -> Page:
        """One request, and on to wherever it leads."""
        return self._follow(self.ask(method, path, fields, OURS if fields else None))

    def submit(self, form: Form, values: Mapping[str, str]) -> Page:
        """Send a form with some values filled in, and go where it leads."""
        return self._follow(self.post(form, values))

    def post(
        self, form: Form, values: Mapping[str, str], headers: Mapping[str, str] = OURS
    ) -> Page:
        """Send a form and look at the answer itself."""
        fields = [(k, v) for k, v in form.fields if k not in values] + list(values.items())
        return self.ask("POST", form.action, fields, headers)

    def ask(
        self,
        method: str,
        path: str,
        fields: Fields | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Page:
        """One request with this browser's cookies; its answer, not followed."""
        sent = {"Accept": "text/html", **(headers or {})}
        if self.jar:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        body = None if fields is None else urlencode(fields).encode()
        if body is not None:
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        answer = self._http.request(method, path, content=body, headers=sent)
        self._keep_cookies(answer)
        where = answer.headers.get("location")
        url = urljoin(self._issuer, path)
        location = urljoin(url, where) if where else None
        return Page(url, answer.status_code, answer.headers, answer.text, location)

    def _follow(self, page: Page) -> Page:
        for _ in range(MAX_HOPS):
            if page.location is None or not page.location.startswith(f"{self._issuer}/"):
                return page
            parts = urlsplit(page.location)
            page = self.ask("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)
        raise LookupError(f"more than {MAX_HOPS} redirects, now at {page.url}")

    def _keep_cookies(self, answer: httpx2.Response) -> None:
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0]
            if "max-age=0" in rest.lower() or value in {"", '""'}:
                self.jar.pop(name, None)
            else:
                self.jar[name] = value
