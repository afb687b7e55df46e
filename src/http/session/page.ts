/** The sign-in form: one page without script and without any reference to elsewhere. */
import { createHash } from 'node:crypto'

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 26rem; margin: 12vh auto 0; padding: 0 1rem }
h1 { font-size: 1.4rem }
label, input, button { display: block; box-sizing: border-box; width: 100%; font: inherit }
input { margin: .3rem 0 1rem; padding: .5rem }
button { padding: .6rem; cursor: pointer }
[role=alert] { border-left: .3rem solid #c33; padding: .2rem .8rem }
`

/** Headers that the page has, whatever it says. Referrers go to ourselves: without one the form's Origin would be null. */
export const PAGE_HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
}

/** The form. `next`: where to go then; `problem`: why the last try was refused. */
export function signInPage({ next, problem }: { readonly next: string; readonly problem: string | null }): string {
  return page(
    'Sign in',
    `${problem === null ? '' : `<p role="alert">${escaped(problem)}</p>`}
<form method="post" action="/session">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<input name="next" type="hidden" value="${escaped(next)}">
<button>Sign in</button>
</form>`,
  )
}

/** What who is signed in already gets to see. */
export function signedInPage(name: string | null): string {
  return page(
    'Signed in',
    `<p>You are signed in${name === null ? '' : ` as <strong>${escaped(name)}</strong>`}.</p>
<p><a href="/console">Console</a> · <a href="/graphql">Playground</a></p>
<form method="post" action="/session">
<input name="sign_out" type="hidden" value="yes">
<button>Sign out</button>
</form>`,
  )
}

/**
 * Asks for itself again. A link on another site leads here without the cookie, as SameSite=Strict has it; asked for by
 * a page of our own, it comes.
 */
export function againPage(): string {
  return page('Sign in', '<p><a href="">Go on</a></p>', '<meta http-equiv="refresh" content="0">')
}

function page(title: string, body: string, head = ''): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
${head}<title>${title} · Herald</title>
<style>${STYLE}</style>
<main>
<h1>${title}</h1>
${body}
</main>
</html>
`
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
