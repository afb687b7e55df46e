/**
 * deploy/prometheus and deploy/grafana against the running product: every metric that a panel or an alert names is one
 * that `/metrics` tells, and a real Prometheus with the folder's files scrapes Herald and answers every expression.
 * What only Docker or Grafana could tell (that the images can be had, how a panel looks) is not seen here.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { freePorts } from '../../tools/kafka/ports.ts'
import { graphql } from '../generated/index.ts'
import { type Herald, startHerald } from '../support/herald.ts'
import { until } from '../support/kafka.ts'
import { openSocket } from '../support/websocket.ts'

interface Target {
  readonly expr: string
}
interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly Target[] }[]
}
interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[]
}
interface PrometheusConfig {
  scrape_configs: { job_name: string; dns_sd_configs?: unknown; static_configs?: { targets: string[] }[] }[]
}

const dashboard = JSON.parse(readFileSync('deploy/grafana/dashboards/herald.json', 'utf8')) as Dashboard
const rules = parse(readFileSync('deploy/prometheus/alerts.yml', 'utf8')) as Rules
const hasPrometheus = await promisify(execFile)('promtool', ['--version']).then(
  () => true,
  () => false,
)

const expressions: readonly (readonly [where: string, expr: string])[] = [
  ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [`panel ${title}`, expr] as const)),
  ...rules.groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => [`alert ${alert}`, expr] as const)),
]

let herald: Herald
beforeAll(async () => {
  herald = await startHerald()
  await herald.query(graphql(`mutation MonitoringPublish { buySword { id } }`))
  // A label's value is told from its first event on.
  const socket = await openSocket(herald.url)
  await socket.subscribe('1', graphql(`subscription MonitoringFollow { events(from: EARLIEST) { id } }`)).next()
  await socket.close()
})
afterAll(() => herald.stop())

it('names in panels and alerts only metrics that /metrics tells', async () => {
  const told = new Set(
    (await (await fetch(`${herald.url}/metrics`)).text())
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .map((line) => line.replace(/[{ ].*/, '')),
  )
  const named = expressions.flatMap(([where, expr]) =>
    [...expr.matchAll(/\b(?:herald|process|nodejs)_\w+/g)].map(([name]) => ({ where, name })),
  )
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter(({ name }) => !told.has(name))).toEqual([])
})

describe.runIf(hasPrometheus)('a real Prometheus with the files of deploy/', () => {
  let folder: string
  let prometheus: ChildProcess
  let url: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'herald-prometheus-'))
    cpSync('deploy/prometheus', folder, { recursive: true })
    const path = join(folder, 'prometheus.yml')
    const config = parse(readFileSync(path, 'utf8')) as PrometheusConfig
    // Compose's DNS is not here: the same job, with the address that is.
    const [job] = config.scrape_configs
    delete job!.dns_sd_configs
    job!.static_configs = [{ targets: [new URL(herald.url).host] }]
    writeFileSync(path, stringify(config))
    const [port] = await freePorts(1)
    url = `http://127.0.0.1:${port}`
    const options = [
      `--config.file=${path}`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]
    prometheus = spawn('prometheus', options, { stdio: 'ignore' })
  })
  afterAll(async () => {
    const exited = once(prometheus, 'exit')
    prometheus.kill('SIGKILL')
    await exited
    rmSync(folder, { recursive: true, force: true })
  })

  async function ask(expr: string): Promise<{ status: string; data?: { result: unknown[] }; error?: string }> {
    const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: expr })}`)
    return (await answer.json()) as never
  }

  it('are well formed', async () => {
    await promisify(execFile)('promtool', ['check', 'config', 'deploy/prometheus/prometheus.yml'])
  })

  it('scrapes Herald, and answers what every panel and alert asks', async () => {
    await until('Prometheus has scraped Herald', async () => {
      const answer = await ask('herald_log_up == 1').catch(() => null)
      return answer?.data?.result.length === 1
    })
    for (const [where, expr] of expressions) {
      const asked = expr.replaceAll('$__rate_interval', '20s').replaceAll('$instance', '.*')
      expect(await ask(asked), where).toMatchObject({ status: 'success' })
    }
  })
})

it('mounts into compose what is there', () => {
  expect(readdirSync('deploy/grafana/provisioning').sort()).toEqual(['dashboards', 'datasources'])
  const provider = readFileSync('deploy/grafana/provisioning/dashboards/herald.yml', 'utf8')
  const compose = readFileSync('docker-compose.yml', 'utf8')
  const path = /path: (\S+)/.exec(provider)?.[1]
  expect(compose).toContain(`./deploy/grafana/dashboards:${path}:ro`)
  expect(compose).toContain(`GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: ${path}/herald.json`)
})
