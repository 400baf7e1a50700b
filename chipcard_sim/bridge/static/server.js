// What both pages say to the reader's own server, and what comes back: the answer, also as the text
// that the card gave, or a refusal.

export async function post(path, body) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    const answer = JSON.parse(text);
    return response.ok ? { answer, text } : { refusal: answer };
  } catch {
    return { refusal: { code: "unreachable" } };
  }
}
