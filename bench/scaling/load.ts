/**
 * The load of the scaling bench, in this process: events written straight into a topic at a pace, and subscribers that
 * count. Every subscriber must get every event once; what does not come is a fault, and there is no figure.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { Kafka, logLevel, type Producer } from 'kafkajs'
import { recordOf } from '../load/events.ts'
import { WebSocketConnection } from '../load/sockets.ts'

const TICK_MS = 5
const BATCH = 1_000
const OPENING = 50
const PATIENCE_MS = 30_000

/** Writes events into a topic, in turn over its partitions. */
export class Feed {
  readonly #producer: Producer
  readonly #topic: string
  readonly #partitions: number

  private constructor(producer: Producer, topic: string, partitions: number) {
    this.#producer = producer
    this.#topic = topic
    this.#partitions = partitions
  }

  static async open(brokers: string, topic: string, partitions: number): Promise<Feed> {
    const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING })
    const producer = kafka.producer({ allowAutoTopicCreation: false })
    await producer.connect()
    return new Feed(producer, topic, partitions)
  }

  /** About `rate` events a second for so many seconds; resolves with how many they were, when all are acknowledged. */
  async run(rate: number, seconds: number): Promise<number> {
    const begin = performance.now()
    const total = Math.max(1, Math.round(rate * seconds))
    let sent = 0
    while (sent < total) {
      const due = Math.min(total, Math.ceil((rate * (performance.now() - begin)) / 1_000)) - sent
      if (due <= 0) await delay(TICK_MS)
      else sent += await this.#send(Math.min(due, BATCH), sent)
    }
    return sent
  }

  /** One event for a guild, in every partition. */
  async mark(guildName: string): Promise<void> {
    const messages = Array.from({ length: this.#partitions }, (_, partition) => ({ ...recordOf(guildName), partition }))
    await this.#producer.send({ topic: this.#topic, acks: -1, messages })
  }

  close(): Promise<void> {
    return this.#producer.disconnect()
  }

  async #send(count: number, from: number): Promise<number> {
    const messages = Array.from({ length: count }, (_, index) => ({
      ...recordOf(`guild${(from + index) % 1_000}`),
      partition: (from + index) % this.#partitions,
    }))
    await this.#producer.send({ topic: this.#topic, acks: -1, messages })
    return count
  }
}

/** Subscribers over WebSockets, in turn over several ports. */
export class Crowd {
  readonly counts: number[] = []
  total = 0
  readonly #sockets: WebSocketConnection[] = []
  #fault: string | null = null

  /** `queryOf`: what the n-th asks for. */
  static async open(ports: readonly number[], size: number, queryOf: (n: number) => string): Promise<Crowd> {
    const crowd = new Crowd()
    await crowd.grow(ports, size, queryOf)
    return crowd
  }

  async grow(ports: readonly number[], size: number, queryOf: (n: number) => string): Promise<void> {
    for (let at = this.#sockets.length; at < size; at += OPENING) {
      const count = Math.min(OPENING, size - at)
      await Promise.all(
        Array.from({ length: count }, (_, index) =>
          this.#open(ports[(at + index) % ports.length]!, queryOf(at + index)),
        ),
      )
    }
  }

  /** Waits until each has got `each` events since `reset`. */
  async until(each: number): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS
    while (this.total < each * this.counts.length) {
      if (this.#fault !== null) throw new Error(this.#fault)
      if (performance.now() > deadline) {
        throw new Error(`${this.total} deliveries instead of ${each} x ${this.counts.length}`)
      }
      await delay(2)
    }
    if (this.counts.some((count) => count !== each)) throw new Error('some got more, some less')
  }

  /** Resolves when each has got a mark: before that, who subscribed late misses events rightly. */
  async live(feed: Feed, partitions: number, guildOf: (n: number) => string): Promise<void> {
    const guilds = new Set(Array.from(this.counts, (_, n) => guildOf(n)))
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      this.reset()
      for (const guild of guilds) await feed.mark(guild)
      const late = performance.now() + 1_000
      while (this.counts.some((count) => count < partitions) && performance.now() < late) await delay(10)
      if (this.counts.every((count) => count >= partitions)) break
      if (performance.now() > deadline) throw new Error('not all subscribers are live')
    }
    // Marks of an earlier try may still be on their way.
    for (let total = -1; total !== this.total; ) {
      total = this.total
      await delay(300)
    }
    this.reset()
  }

  reset(): void {
    this.counts.fill(0)
    this.total = 0
  }

  close(): void {
    for (const socket of this.#sockets) socket.close()
  }

  async #open(port: number, query: string): Promise<void> {
    const socket = await WebSocketConnection.open(port)
    await socket.initialise()
    const n = this.#sockets.push(socket) - 1
    this.counts[n] = 0
    socket.onText = (payload) => {
      if (payload.includes('"ping"')) return
      if (!payload.includes('"next"') || payload.includes('"errors"')) this.#fault ??= payload.toString().slice(0, 300)
      this.counts[n]!++
      this.total++
    }
    socket.onClose = (reason) => {
      this.#fault ??= reason
    }
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }))
  }
}
