/**
 * The requests that Flask and Herald are both asked: everything that the seed's three paths may meet. Texts are
 * latin1, one character a byte; `utf8` writes others as the bytes that a client sends. Each names the wanted
 * differences (see differences.ts) that its answers must show, all of them and no others.
 */
import type { RawRequest } from '../http/rest/raw-http.ts'
import type { DifferenceName } from './differences.ts'

export interface Case {
  readonly name: string
  /** More than one: Herald gets them on one connection. */
  readonly requests: readonly RawRequest[]
  /** Whether Herald gets them at once, before it has answered. */
  readonly isPipelined: boolean
  readonly wanted: readonly DifferenceName[]
}

/** As curl sends a request. */
const CURL = ['Host: localhost:5000', 'User-Agent: curl/7.47.0', 'Accept: */*']

const utf8 = (text: string) => Buffer.from(text).toString('latin1')

function line(text: string, wanted: readonly DifferenceName[] = [], headers = CURL, body?: string): Case {
  const request = { line: text, headers, ...(body === undefined ? {} : { body }) }
  const more = headers === CURL ? '' : ` + ${headers.filter((header) => !CURL.includes(header)).join(' | ')}`
  const name = `${text}${more}`
  return { name: name.length > 150 ? `${name.slice(0, 147)}…` : name, requests: [request], isPipelined: false, wanted }
}

const path = (text: string, ...wanted: DifferenceName[]) => line(`GET ${text} HTTP/1.1`, wanted)
const guild = (text: string, ...wanted: DifferenceName[]) => path(`/join_guild/${text}`, ...wanted)
const method = (name: string, ...wanted: DifferenceName[]) =>
  ['/', '/buy_a_sword', '/join_guild/g1', '/nowhere'].map((target) => line(`${name} ${target} HTTP/1.1`, wanted))
/** Headers besides curl's. */
const headers = (more: readonly string[], ...wanted: DifferenceName[]) =>
  line('GET /buy_a_sword HTTP/1.1', wanted, [...CURL, ...more])
const body = (name: string, more: readonly string[], text: string, ...wanted: DifferenceName[]) =>
  line(`${name} HTTP/1.1`, wanted, [...CURL, ...more], text)

const paths: Case[] = [
  ...['/', '/buy_a_sword', '/join_guild/test_guild1', '/nowhere', '/favicon.ico'].map((text) => path(text)),
  ...['/?', '/?a=b', '/buy_a_sword?x', '/join_guild/g?guildname=h', '/join_guild/g?guildName=h&guildName=i'].map((p) =>
    path(p),
  ),
  path('/join_guild/g?%zz=%ff'),
  path('/buy_a_sword?/../x'),
  path('/join_guild/g?a?b'),
  path('/join_guild/g?next=http://x/y'),
  path('/?next=http://x//y'),
  path('/buy_a_sword/'),
  path('/join_guild'),
  path('/join_guild/'),
  path('/join_guild/g/'),
  path('/join_guild/g/h'),
  path('//', 'doubled slash'),
  path('//buy_a_sword', 'doubled slash'),
  path('///buy_a_sword', 'doubled slash'),
  path('/join_guild//g', 'doubled slash'),
  path('//join_guild/g', 'doubled slash'),
  path('/join_guild//'),
  path('/join_guild/g//'),
  path('/nowhere//g'),
  path('/Buy_A_Sword'),
  path('/BUY_A_SWORD'),
  path('/Join_Guild/g'),
  path('/buy%5Fa%5Fsword'),
  path('/buy%5fa_sword'),
  path('/%62uy_a_sword'),
  path('/join%5Fguild/g'),
  path('/join_guild%2Fg', 'encoded slash'),
  path('/buy_a_sword%2F'),
  path('/%2F', 'encoded slash'),
  path('/%2Fbuy_a_sword', 'encoded slash'),
  path('/./buy_a_sword'),
  path('/x/../buy_a_sword'),
  path('/../buy_a_sword'),
  path('/.'),
  path('/..'),
  path('/buy_a_sword;x'),
  path('/buy_a_sword;x=1?y'),
  path('/buy_a_sword%3Fx'),
  path('/buy_a_sword%20'),
  path('/buy_a_sword%00'),
  path('/buy-a-sword'),
  path('/buy_a_sword#top'),
  path('/join_guild/g#top?x'),
  path('/%zz', 'no percent-encoded UTF-8'),
  path('/nowhere/%ff', 'no percent-encoded UTF-8'),
]

const guilds: Case[] = [
  guild('%2F'),
  guild('a%2Fb'),
  guild('a%2fb'),
  guild('%2Fa', 'encoded slash'),
  guild('a%2F'),
  guild('a%252Fb'),
  guild('a%5Fb'),
  guild('.'),
  guild('..'),
  guild('...'),
  guild('%2e'),
  guild('%2e%2e'),
  guild('%2E%2E'),
  guild('g;x'),
  guild(';x=1'),
  guild('a+b'),
  guild('a%2Bb'),
  guild('a%20b'),
  guild('%20'),
  guild('%09'),
  guild('%0A'),
  guild('%0D%0AX-Evil:%201'),
  guild('%00'),
  guild('%7F'),
  guild('a%23b'),
  guild('a%3Fb'),
  guild('a:b'),
  guild(':'),
  guild('joined_guild:x'),
  guild('a@b'),
  guild('a,b'),
  guild('a=b&c=d'),
  guild('a|b'),
  guild('a^b`c'),
  guild('a\\b'),
  guild('a%5Cb'),
  guild('[a]'),
  guild('~a!*()'),
  guild('100%25'),
  guild('%C3%A9lan'),
  guild('%E2%82%AC'),
  guild('%F0%9F%97%A1'),
  guild('%EF%BB%BFbom'),
  guild('%EF%BF%BD'),
  guild('%EF%BF%BF'),
  guild('%E2%80%AE'),
  guild('%E2%80%A8'),
  guild(utf8('élan'), 'no percent-encoded UTF-8'),
  guild(utf8('🗡'), 'no percent-encoded UTF-8'),
  guild('\xe9lan', 'no percent-encoded UTF-8'),
  guild('%ff', 'no percent-encoded UTF-8'),
  guild('%C3', 'no percent-encoded UTF-8'),
  guild('%C0%AF', 'no percent-encoded UTF-8'),
  guild('%ED%A0%80', 'no percent-encoded UTF-8'),
  guild('%F4%90%80%80', 'no percent-encoded UTF-8'),
  guild('%zz', 'no percent-encoded UTF-8'),
  guild('%', 'no percent-encoded UTF-8'),
  guild('%4', 'no percent-encoded UTF-8'),
  guild('a%b', 'no percent-encoded UTF-8'),
  guild('%u0041', 'no percent-encoded UTF-8'),
  guild('%25zz'),
  guild('<script>alert(1)</script>'.replace('/', '%2F')),
  guild('<b>'),
  guild('%3Cimg%20src=x%20onerror=alert(1)%3E'),
  guild('"'),
  guild("'"),
  guild('%22%27%5C'),
  guild('&amp;'),
  guild('$&'),
  guild("$1$`$'$$"),
  guild('{guildName}'),
  guild('%7BguildName%7D'),
  guild('{}'),
  guild('%s%25s', 'no percent-encoded UTF-8'),
  guild('%25s%25(guildname)s'),
  guild('%25s%25d'),
  guild('__proto__'),
  guild('constructor'),
  guild('toString'),
  guild('null'),
  guild('0'),
  guild('x'.repeat(255)),
  guild('x'.repeat(4_000)),
  guild('%E2%82%AC'.repeat(500)),
  guild('x'.repeat(12_000)),
]

const methods: Case[] = [
  ...['HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH', 'TRACE'].flatMap((name) => method(name)),
  line('OPTIONS * HTTP/1.1'),
  line('OPTIONS /join_guild/ HTTP/1.1'),
  line('OPTIONS /join_guild/%ff HTTP/1.1', ['no percent-encoded UTF-8']),
  line('POST /buy_a_sword/ HTTP/1.1'),
  line('HEAD /join_guild/%E2%82%AC HTTP/1.1'),
  ...['PROPFIND', 'PURGE', 'QUERY'].map((name) => line(`${name} /buy_a_sword HTTP/1.1`)),
  ...['FOO', 'X-Y', 'GETS'].flatMap((name) => [
    line(`${name} /buy_a_sword HTTP/1.1`),
    line(`${name} /join_guild/g HTTP/1.1`),
    line(`${name} /nowhere HTTP/1.1`),
  ]),
  line('get /buy_a_sword HTTP/1.1', ['method in lower case']),
  line('Get / HTTP/1.1', ['method in lower case']),
  line('head /join_guild/g HTTP/1.1', ['method in lower case']),
  line('options / HTTP/1.1', ['method in lower case']),
  line('post / HTTP/1.1'),
  line('CONNECT / HTTP/1.1'),
  line('CONNECT localhost:5000 HTTP/1.1'),
]

const heads: Case[] = [
  headers([]),
  headers(['x--double: 1']),
  headers(['X1abc: 1']),
  headers(['x1ABC-d2e: 1']),
  headers(['x_under: 1']),
  headers(['X_Forwarded_For: 1.2.3.4', 'X-Forwarded-For: 5.6.7.8']),
  headers(['__proto__: 1']),
  headers(['constructor: 1', 'tostring: 2']),
  headers(['event-type: fake']),
  headers(['event_type: fake']),
  headers(['guildName: fake']),
  headers(["!#$%&'*+.^`|~: token"]),
  headers(['x.y!z: 1']),
  headers(['-x-: 1']),
  headers(['5x: 1']),
  headers(['ETag: 1', 'DNT: 1', 'TE: trailers', 'X-UA-Compatible: y', 'WWW-Authenticate: z']),
  headers(['X-Empty:']),
  headers(['X-Empty: ', 'X-Next: 1']),
  headers(['X-Spaces:   a  b   '], 'trailing white space'),
  headers(['X-Tab:\ta\tb\t'], 'trailing white space'),
  headers(['X-Colon: a:b: c']),
  headers(['X-Latin1: \xe9\xff']),
  headers([`X-Utf8: ${utf8('é€🗡')}`]),
  headers(['X-Quotes: "a\\"b" \'c\' {"d": 1}']),
  headers(['X-Markup: <b>&amp;</b>']),
  headers(['X-Long: '.concat('y'.repeat(8_000))]),
  headers(['X-A: 1', 'X-A: 2'], 'repeated header'),
  headers(['X-A: 1', 'x-a: 2', 'X-a: 3'], 'repeated header'),
  headers(['X-A: 1', 'X-B: 2', 'X-A: 3'], 'repeated header'),
  headers(['X-A:', 'X-A: 2'], 'repeated header'),
  headers(['User-Agent: second'], 'repeated header'),
  headers(['Accept: text/html'], 'repeated header'),
  headers(['Referer: http://a/', 'Referer: http://b/'], 'repeated header'),
  headers(['X-Forwarded-For: 1.1.1.1', 'X-Forwarded-For: 2.2.2.2, 3.3.3.3'], 'repeated header'),
  headers(['If-Modified-Since: a', 'If-Modified-Since: b', 'ETag: c', 'ETag: d'], 'repeated header'),
  headers(['Content-Type: text/a', 'Content-Type: text/b'], 'repeated header'),
  headers(['Host: other'], 'repeated header'),
  headers(['Via: 1.1 a', 'Via: 1.1 b'], 'repeated header'),
  headers(['Cookie: a=1'], 'credentials'),
  headers(['Cookie: a=1', 'Cookie: b=2'], 'credentials'),
  headers(['Set-Cookie: a=1', 'Set-Cookie: b=2'], 'credentials'),
  headers(['Authorization: Basic YTpi'], 'credentials'),
  headers(['AUTHORIZATION: Bearer x', 'Proxy-Authorization: y'], 'credentials'),
  headers(['X-Auth-Token: x', 'X-Csrf-Token: y', 'Tokenizer: z'], 'credentials'),
  headers(['X-Api-Key: x', 'apikey: y', 'X-Client-Secret: z'], 'credentials'),
  headers(['X-Password: x', 'My-Session-Id: y'], 'credentials'),
  headers(['Content-Type: application/json']),
  headers(['Content-Length: 0']),
  headers(['Expect: 100-continue']),
  headers(['Expect: something']),
  headers(['Connection: close']),
  headers(['Connection: keep-alive']),
  headers(['Connection: X-Hop', 'X-Hop: 1']),
  headers(['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA']),
  headers(['Connection: Upgrade', 'Upgrade: h2c', 'X-Latin1: \xe9', 'X-A: 1', 'X-A: 2'], 'repeated header'),
  headers(['Connection: Upgrade', 'Upgrade: TLS/1.0']),
  headers(['Upgrade: h2c']),
  headers(['X-Folded: a\r\n  b'], 'refused by the parser'),
  headers(['No colon'], 'refused by the parser'),
  headers(['Space : before colon'], 'refused by the parser'),
  headers(['X-Nul: a\0b'], 'refused by the parser'),
  line('GET / HTTP/1.1', ['refused by the parser'], ['User-Agent: x']),
  line('GET / HTTP/1.1', [], ['Host:']),
  line('GET / HTTP/1.1', [], ['host: lower.example', 'ACCEPT: upper']),
  line('GET / HTTP/1.0', [], ['User-Agent: ab']),
  line('GET /buy_a_sword HTTP/1.0', [], [...CURL, 'Connection: keep-alive']),
  line('POST / HTTP/1.0'),
  line('GET http://elsewhere.example/buy_a_sword HTTP/1.1'),
  line('GET http://elsewhere.example:8080/join_guild/g?x=y HTTP/1.1'),
  line('GET HTTP://elsewhere.example/ HTTP/1.1'),
  line('GET https://elsewhere.example/join_guild/a%20b HTTP/1.1'),
  line('GET http://elsewhere.example HTTP/1.1', ['absolute target without a path']),
  line('GET http://user:pass@elsewhere.example/ HTTP/1.1', ['credentials']),
  line('GET http://elsewhere.example/nowhere HTTP/1.1'),
  line('GET http:///buy_a_sword HTTP/1.1'),
  line('GET ftp://elsewhere.example/buy_a_sword HTTP/1.1'),
  line('GET buy_a_sword HTTP/1.1', ['refused by the parser']),
  line('GET * HTTP/1.1'),
  line('GET  / HTTP/1.1'),
  line('GET /a b HTTP/1.1', ['refused by the parser']),
  line('GET / HTTP/3.0', ['refused by the parser']),
  line('GET / HTTP/1.1 x', ['refused by the parser']),
  line('GET / FTP/1.1', ['refused by the parser']),
  line('GET / HTTP/one', ['refused by the parser']),
]

const bodies: Case[] = [
  body('GET /buy_a_sword', ['Content-Length: 5'], 'hello'),
  body('GET /join_guild/g', ['Content-Length: 13', 'Content-Type: application/x-www-form-urlencoded'], 'guildname=abc'),
  body('GET /buy_a_sword', ['Transfer-Encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n'),
  body('GET /buy_a_sword', ['Transfer-Encoding: chunked'], '0\r\nX-Trailer: 1\r\n\r\n'),
  body('HEAD /buy_a_sword', ['Content-Length: 5'], 'hello'),
  body('GET /nowhere', ['Content-Length: 5'], 'hello'),
  body('POST /buy_a_sword', ['Content-Length: 5'], 'hello'),
  body('POST /buy_a_sword', ['Transfer-Encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n'),
  body('OPTIONS /buy_a_sword', ['Content-Length: 5'], 'hello'),
  body(
    'GET /buy_a_sword',
    ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMA', 'Content-Length: 5'],
    'hello',
  ),
  body(
    'POST /buy_a_sword',
    ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMA', 'Content-Length: 5'],
    'hello',
  ),
  body('GET /buy_a_sword', ['Content-Length: 1', 'Content-Length: 2'], 'ab', 'refused by the parser'),
  body('GET /buy_a_sword', ['Content-Length: x'], '', 'refused by the parser'),
  body('GET /buy_a_sword', ['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n', 'refused by the parser'),
]

const sequence = (name: string, isPipelined: boolean, ...requests: RawRequest[]): Case => ({
  name,
  requests,
  isPipelined,
  wanted: [],
})
const plain = (text: string, more: readonly string[] = [], payload?: string): RawRequest => ({
  line: text,
  headers: [...CURL, ...more],
  ...(payload === undefined ? {} : { body: payload }),
})
const H2C = ['Connection: Upgrade', 'Upgrade: h2c']

const three = ['GET / HTTP/1.1', 'GET /buy_a_sword HTTP/1.1', 'GET /join_guild/k1 HTTP/1.1'].map((text) => plain(text))
const mixed = [
  plain('HEAD / HTTP/1.1'),
  plain('GET /nowhere HTTP/1.1'),
  plain('POST / HTTP/1.1', ['Content-Length: 5'], 'hello'),
  plain('OPTIONS / HTTP/1.1'),
  plain('GET /join_guild/k2 HTTP/1.1', ['Content-Length: 5'], 'hello'),
  plain('GET / HTTP/1.1', ['Transfer-Encoding: chunked'], '3\r\nabc\r\n0\r\n\r\n'),
  plain('GET /buy_a_sword HTTP/1.1'),
]
const upgrading = [
  plain('GET / HTTP/1.1', H2C),
  plain('GET /buy_a_sword HTTP/1.1', [...H2C, 'Content-Length: 5'], 'hello'),
  plain('GET /join_guild/k3 HTTP/1.1'),
  plain('POST / HTTP/1.1', [...H2C, 'Transfer-Encoding: chunked'], '3\r\nabc\r\n0\r\n\r\n'),
  plain('GET /join_guild/k4 HTTP/1.1'),
]

const connections: Case[] = [
  sequence('keep-alive: the three paths', false, ...three),
  sequence('keep-alive: every kind of answer', false, ...mixed),
  sequence('keep-alive: Upgrade: h2c', false, ...upgrading),
  sequence('pipelined: the three paths', true, ...three),
  sequence('pipelined: every kind of answer', true, ...mixed),
  sequence('pipelined: Upgrade: h2c', true, ...upgrading),
]

export const CASES: readonly Case[] = [...paths, ...guilds, ...methods, ...heads, ...bodies, ...connections]
