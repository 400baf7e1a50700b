// Signs in through an unmodified openid-client. Speaks JSON lines with the test that drives it:
// prints {"authorize": url}, reads {"callback": url}, prints what came back. The test sits in for
// the browser. With a sabotage named, the network alters the ID token and the library must refuse.
import * as client from "openid-client";
import readline from "node:readline";

const [issuer, clientId, clientSecret, redirectUri, postLogout, sabotage] = process.argv.slice(2);
const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (value) => process.stdout.write(JSON.stringify(value) + "\n");
const hear = async () => JSON.parse((await lines.next()).value);

const decode = (part) => JSON.parse(Buffer.from(part, "base64url").toString());
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const sabotages = {
  signature: ([head, claims, mark]) => [head, claims, (mark[0] === "A" ? "B" : "A") + mark.slice(1)],
  subject: ([head, claims, mark]) => [head, encode({ ...decode(claims), sub: "somebody" }), mark],
  level: ([head, claims, mark]) =>
    [head, encode({ ...decode(claims), acr: "urn:vn:eid:authn:4" }), mark],
  unsigned: ([head, claims]) => [encode({ ...decode(head), alg: "none" }), claims, ""],
};
const network = async (url, options) => {
  const answer = await fetch(url, options);
  if (!sabotage || !new URL(url).pathname.endsWith("/token")) return answer;
  const body = await answer.json();
  body.id_token = sabotages[sabotage](body.id_token.split(".")).join(".");
  return new Response(JSON.stringify(body), { status: answer.status, headers: answer.headers });
};

try {
  const config = await client.discovery(
    new URL(issuer), clientId, undefined, client.ClientSecretBasic(clientSecret),
    { execute: [client.allowInsecureRequests], // loopback http, in tests alone
      [client.customFetch]: network });
  client.enableNonRepudiationChecks(config); // verify the ID token's signature with our JWK Set
  const verifier = client.randomPKCECodeVerifier();
  const checks = { expectedState: client.randomState(), expectedNonce: client.randomNonce() };
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: "openid profile",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    max_age: "3600",
  });
  say({ authorize: url.href });

  const { callback } = await hear();
  const tokens = await client.authorizationCodeGrant(config, new URL(callback), {
    ...checks, pkceCodeVerifier: verifier, maxAge: 3600, idTokenExpected: true,
  });
  const claims = tokens.claims();
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  const logout = client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token, post_logout_redirect_uri: postLogout, state: "bye",
  });
  say({ claims, userinfo, logout: logout.href });
} catch (error) {
  say({ refused: error.code ?? error.name, message: String(error.cause?.message ?? error.message) });
  process.exitCode = 1;
}
process.exit();
