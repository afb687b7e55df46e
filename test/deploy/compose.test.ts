/**
 * docker-compose.yml against what it stands on: Herald's own reading of the environment, a real Kafka with the
 * settings of the file, the files that it mounts and builds from, and the commands that deploy/README.md gives.
 * What only Docker could tell (that the images can be had) is not seen here.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigResourceTypes } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readConfig, VARIABLES } from '../../src/config.ts'
import { type KafkaCluster, startKafka } from '../../tools/kafka/broker.ts'
import { freePorts } from '../../tools/kafka/ports.ts'
import { describeOwnKafka, kcat, withAdmin } from '../support/kafka.ts'
import { parseDockerfile } from './dockerfile.ts'

interface Service {
  readonly image?: string
  readonly profiles?: readonly string[]
  readonly build?: string | { readonly context: string; readonly dockerfile: string }
  readonly environment?: Readonly<Record<string, string | number>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
}

const text = readFileSync('docker-compose.yml', 'utf8')
const readme = readFileSync('deploy/README.md', 'utf8')
const { services, volumes } = compose({})
const { herald, kafka } = services as { herald: Service; kafka: Service }

describe('the services', () => {
  it('are Kafka, Herald and two readers, metrics where they are asked for, and no ZooKeeper', () => {
    expect(Object.keys(services)).toEqual(['kafka', 'herald', 'spark', 'kcat', 'prometheus', 'grafana'])
    const asked = Object.entries(services).filter(([, { profiles = [] }]) => profiles.includes('metrics'))
    expect(asked.map(([name]) => name)).toEqual(['prometheus', 'grafana'])
  })

  it('run images of one version, never of the latest', () => {
    const images = Object.values(services).flatMap((service) => [
      ...(service.image === undefined ? [] : [service.image]),
      ...dockerfileOf(service).flatMap((stages) => stages.map(({ from }) => from)),
    ])
    expect(images.length).toBeGreaterThan(5)
    for (const image of images) expect(image).toMatch(/^[\w./-]+:v?\d+\.\d+\.\d+[\w.-]*$/)
    expect(kafka.image).toMatch(/^apache\/kafka:4\.1\./)
  })

  it('build from folders and mount files that are there', () => {
    const paths = Object.values(services).flatMap(({ build, volumes = [] }) => [
      ...(build === undefined ? [] : [typeof build === 'string' ? build : build.context]),
      ...volumes.map((volume) => volume.split(':')[0]!).filter((source) => /^[./~]/.test(source)),
    ])
    expect(paths).toContain('./schema')
    for (const path of paths) expect(existsSync(path), path).toBe(true)
    for (const service of Object.values(services)) {
      if (service.build !== undefined) expect(dockerfileOf(service)).toHaveLength(1)
    }
  })

  it('keep their data in volumes that are declared, and declare none in vain', () => {
    const named = Object.values(services)
      .flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(':')[0]!))
      .filter((source) => !/^[./~]/.test(source))
    expect(named).toEqual(Object.keys(volumes))
    expect(kafka.volumes).toContain(`kafka-data:${kafka.environment?.KAFKA_LOG_DIRS}`)
  })

  it("open ports on the host's loopback only", () => {
    const ports = Object.values(services).flatMap(({ ports = [] }) => ports)
    expect(ports).toEqual(
      ['9092:9092', '5000:5000', '9090:9090', '3000:3000'].map((published) => `127.0.0.1:${published}`),
    )
  })

  it('wait for services that can say whether they are healthy', () => {
    const awaited = Object.values(services).flatMap((service) => Object.entries(service.depends_on ?? {}))
    expect(awaited.map(([name]) => name)).toEqual(['kafka', 'herald', 'herald', 'herald'])
    for (const [name, { condition }] of awaited) {
      expect(condition).toBe('service_healthy')
      const service = services[name]!
      const instructions = dockerfileOf(service).flatMap((stages) => stages.at(-1)!.instructions)
      const hasCheck =
        service.healthcheck !== undefined || instructions.some(({ keyword }) => keyword === 'HEALTHCHECK')
      expect(hasCheck, name).toBe(true)
    }
  })
})

describe("Herald's environment", () => {
  it('names variables that Herald knows', () => {
    for (const name of Object.keys(herald.environment ?? {})) expect(Object.keys(VARIABLES)).toContain(name)
  })

  it('is one that Herald starts with', () => {
    const config = readConfig(environmentOf(herald))
    expect(config).toMatchObject({
      host: '0.0.0.0',
      port: 5000,
      brokers: ['kafka:29092'],
      topic: 'events',
      enrichHeaders: true,
      allowedOrigins: [],
    })
  })

  it('follows PORT inside and outside alike, so that our own web origin stays our own', () => {
    const { herald } = compose({ PORT: '5001' }).services
    expect(readConfig(environmentOf(herald!)).port).toBe(5001)
    expect(herald!.ports).toEqual(['127.0.0.1:5001:5001'])
  })

  it('becomes the simple API with ENRICH_HEADERS=false', () => {
    const { herald } = compose({ ENRICH_HEADERS: 'false' }).services
    expect(readConfig(environmentOf(herald!)).enrichHeaders).toBe(false)
  })

  it("mounts the schema where the image's Herald looks for it", () => {
    const workdir = dockerfileOf(herald)[0]!
      .at(-1)!
      .instructions.find(({ keyword }) => keyword === 'WORKDIR')!.rest
    const { schemaDir } = readConfig({})
    expect(herald.volumes).toEqual([`./schema:${join(workdir, schemaDir)}:ro`])
  })
})

describe('the addresses of Kafka', () => {
  const advertised = addresses('KAFKA_ADVERTISED_LISTENERS')
  const listening = addresses('KAFKA_LISTENERS')

  it('are listened on, and published where they are advertised to the host', () => {
    expect(Object.keys(listening)).toEqual([...Object.keys(advertised), 'CONTROLLER'])
    for (const [name, address] of Object.entries(advertised)) {
      expect(listening[name]!.replace(/.*:/, ''), name).toBe(address.replace(/.*:/, ''))
    }
    expect(kafka.ports).toEqual([`${advertised.HOST}:${listening.HOST!.replace(/.*:/, '')}`])
    expect(advertised.CONTAINERS).toMatch(/^kafka:/)
  })

  it('are what Herald and the README use', () => {
    expect(herald.environment?.KAFKA_BROKERS).toBe(advertised.CONTAINERS)
    const used = new Set([...readme.matchAll(/(?:-b |servers", ")([\w.]+:\d+)/g)].map(([, address]) => address))
    expect([...used].sort()).toEqual(Object.values(advertised).sort())
  })

  it('are asked by the health check', () => {
    const { test } = kafka.healthcheck!
    expect(test.at(-1)).toBe(listening.CONTAINERS!.replace(/.*:/, ''))
  })
})

describe('the README', () => {
  it('runs commands in services that there are', () => {
    const named = [...readme.matchAll(/docker compose (?:exec|stop|restart|logs|up -d) (\w+)/g)].map(([, name]) => name)
    expect(new Set(named)).toEqual(new Set(['herald', 'kcat', 'spark']))
    for (const name of named) expect(services).toHaveProperty(name!)
  })

  it('reads the topic that Herald writes', () => {
    const topics = [...readme.matchAll(/-t ([\w.-]+) -o|"subscribe","([\w.-]+)"/g)].map(([, a, b]) => a ?? b)
    expect(topics.length).toBeGreaterThan(2)
    expect(new Set(topics)).toEqual(new Set([readConfig(environmentOf(herald)).topic]))
  })
})

it('runs the Spark whose connector is installed', () => {
  const pom = readFileSync('deploy/spark/pom.xml', 'utf8')
  const version = /<spark\.version>(.+)<\/spark\.version>/.exec(pom)?.[1]
  const [stages] = dockerfileOf(services.spark!)
  expect(stages?.at(-1)?.from).toMatch(new RegExp(`^apache/spark:${version}-`))
})

await describeOwnKafka("a Kafka with the file's settings", () => {
  let cluster: KafkaCluster
  let host: string
  let settings: Readonly<Record<string, string>>

  beforeAll(async () => {
    const [containersPort, hostPort, controllerPort] = await freePorts(3)
    host = `127.0.0.1:${hostPort}`
    // The image's rule: KAFKA_NODE_ID is node.id. Here every address is loopback, and the ports are free ones.
    settings = Object.fromEntries(
      Object.entries(environmentOf(kafka))
        .filter(([name]) => name !== 'KAFKA_LOG_DIRS')
        .map(([name, value]) => [
          name
            .replace(/^KAFKA_/, '')
            .replaceAll('_', '.')
            .toLowerCase(),
          value
            .replaceAll(/\/\/(?:kafka|localhost)?:/g, '//127.0.0.1:')
            .replaceAll(/:29092\b/g, `:${containersPort}`)
            .replaceAll(/:9092\b/g, `:${hostPort}`)
            .replaceAll(/:29093\b/g, `:${controllerPort}`),
        ]),
    )
    cluster = await startKafka({ port: containersPort!, properties: settings })
  }, 120_000)
  afterAll(() => cluster?.close())

  it('tells each client the address that it can go on to', async () => {
    expect(await kcat(['-L'], { bootstrap: host })).toContain(`broker 1 at ${host} `)
    expect(await kcat(['-L'], { bootstrap: cluster.bootstrap })).toContain(`broker 1 at ${cluster.bootstrap} `)
  })

  it('knows every one of them', async () => {
    const { resources } = await withAdmin(
      (admin) =>
        admin.describeConfigs({
          includeSynonyms: false,
          resources: [{ type: ConfigResourceTypes.BROKER, name: '1' }],
        }),
      host,
    )
    const known = Object.fromEntries(
      resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
    )
    expect(known).toMatchObject(settings)
  })
})

/** The file as Compose reads it where these variables are set. */
function compose(variables: Readonly<Record<string, string>>): {
  services: Readonly<Record<string, Service>>
  volumes: Readonly<Record<string, unknown>>
} {
  const filled = text.replace(/\$\{(\w+)(?::-([^}]*))?\}/g, (_, name: string, fallback?: string) => {
    const value = variables[name] ?? fallback
    if (value === undefined) throw new Error(`docker-compose.yml asks for ${name} and gives it no default`)
    return value
  })
  return parse(filled)
}

/** The stages of the Dockerfile that a service is built from, in a list of one; else none. */
function dockerfileOf({ build }: Service): ReturnType<typeof parseDockerfile>[] {
  if (build === undefined) return []
  const path = typeof build === 'string' ? join(build, 'Dockerfile') : join(build.context, build.dockerfile)
  return [parseDockerfile(readFileSync(path, 'utf8'))]
}

function environmentOf({ environment = {} }: Service): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)]))
}

/** Listener by name: `kafka:29092`. */
function addresses(variable: string): Record<string, string> {
  const listeners = String(kafka.environment?.[variable]).split(',')
  return Object.fromEntries(listeners.map((listener) => listener.split('://') as [string, string]))
}
