/**
 * The limit of publishing: bare node:http, bodies parsed and written by hand, kafkajs behind a micro-batcher. It does
 * the same job as Herald for one mutation and one REST path: the event as JSON with the request's headers, the
 * CloudEvents attributes, an answer with id and offset when all in-sync replicas have it. It checks nothing, bounds
 * nothing and counts nothing.
 */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { createBatcher } from './batcher.mjs'

const PATH = '/join_guild/'
const names = new Map()

/** `user-agent` as `User-Agent`, made once for each name. */
function titleCase(name) {
  let title = names.get(name)
  if (title === undefined) {
    title = name.toLowerCase().replace(/(^|[^a-z])[a-z]/g, (start) => start.toUpperCase())
    names.set(name, title)
  }
  return title
}

const append = await createBatcher()

async function publish(guildName, request) {
  const type = `joined_guild:${guildName}`
  const id = randomUUID()
  const event = { event_type: type }
  const { rawHeaders } = request
  for (let i = 0; i < rawHeaders.length; i += 2) event[titleCase(rawHeaders[i])] = rawHeaders[i + 1]
  const offset = await append(JSON.stringify(event), {
    ce_specversion: '1.0',
    ce_id: id,
    ce_type: type,
    ce_source: '/limit',
    ce_time: new Date().toISOString(),
    'content-type': 'application/json',
  })
  return { id, type, offset }
}

function answer(response, type, body) {
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

function fail(response, error) {
  response.writeHead(503)
  response.end(String(error))
}

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    const guildName = decodeURIComponent(request.url.slice(PATH.length))
    publish(guildName, request).then(
      () => answer(response, 'text/plain; charset=utf-8', `\nJoined the Guild: ${guildName}\n`),
      (error) => fail(response, error),
    )
    return
  }
  let body = null
  request.on('data', (chunk) => {
    body = body === null ? chunk : Buffer.concat([body, chunk])
  })
  request.on('end', () => {
    const { variables } = JSON.parse(body.toString())
    publish(variables.guildName, request).then(
      ({ id, type, offset }) =>
        answer(
          response,
          'application/json; charset=utf-8',
          `{"data":{"joinGuild":{"id":"${id}","type":${JSON.stringify(type)},"record":{"offset":"${offset}"}}}}`,
        ),
      (error) => fail(response, error),
    )
  })
})
server.keepAliveTimeout = 65_000
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
process.on('SIGTERM', () => process.exit(0))
