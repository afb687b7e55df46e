/**
 * `server.properties` of a broker that is its own controller (KRaft). Everything a client can notice is as
 * Kafka ships it, but for what one machine needs: replication factors that the number of brokers allows, small
 * internal topics, no wait before a group's first rebalance, and topics that are only made when asked for.
 */

/** One broker's place: its id and its two ports on 127.0.0.1. */
export interface BrokerAddress {
  readonly id: number
  readonly port: number
  readonly controllerPort: number
}

/** A listener for clients besides the plain one, on 127.0.0.1. */
export interface ExtraListener {
  /** Its name in properties: `listener.name.<name in small letters>.ssl…`. */
  readonly name: string
  readonly protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
  readonly port: number
}

/** The text of `server.properties` for `self` among `all`; `extra` wins over everything. */
export function serverProperties(
  self: BrokerAddress,
  all: readonly BrokerAddress[],
  logDir: string,
  extra: Readonly<Record<string, string | number | boolean>>,
  extraListeners: readonly ExtraListener[] = [],
): string {
  const replicas = Math.min(3, all.length)
  const extras = extraListeners.map(({ name, port }) => `,${name}://127.0.0.1:${port}`).join('')
  const protocols = extraListeners.map(({ name, protocol }) => `,${name}:${protocol}`).join('')
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': self.id,
    'controller.quorum.voters': all.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${self.port},CONTROLLER://127.0.0.1:${self.controllerPort}${extras}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${self.port}${extras}`,
    'listener.security.protocol.map': `PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT${protocols}`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': logDir,
    'auto.create.topics.enable': false,
    'default.replication.factor': replicas,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 3,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': Math.min(2, replicas),
    'transaction.state.log.num.partitions': 3,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': Math.min(2, replicas),
    'share.coordinator.state.topic.num.partitions': 3,
    'group.initial.rebalance.delay.ms': 0,
    // A broker killed with -9 cannot come back under its id before its session (9 s as shipped) has expired.
    'broker.session.timeout.ms': all.length === 1 ? 3_000 : 6_000,
    'broker.heartbeat.interval.ms': 500,
    // The cleaner's buffer is allocated at start, 128 MB as shipped: a third of the heap.
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
    ...extra,
  }
  return (
    Object.entries(properties)
      // In a file of properties a line that ends with a backslash goes on in the next.
      .map(([name, value]) => `${name}=${String(value).replaceAll('\n', '\\n')}\n`)
      .join('')
  )
}
