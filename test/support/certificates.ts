/**
 * Certificates for tests, made by openssl when they are needed: an authority of one's own, and what it signs. They
 * live for a day, in a folder of the caller's.
 */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** Files in PEM. */
export interface Pair {
  readonly cert: string
  readonly key: string
}

export interface Authority extends Pair {
  /** Signs a certificate for a server, or a client, of this name; `subjectAltName` as openssl writes it. */
  sign(name: string, subjectAltName: string): Promise<Pair>
}

/** An authority whose files are `folder/name.pem` and `folder/name.key`. */
export async function makeAuthority(folder: string, name: string): Promise<Authority> {
  const pair = pairIn(folder, name)
  const { cert, key } = pair
  const subject = ['-subj', `/CN=${name}`]
  await run('openssl', ['req', '-x509', '-days', '1', ...NEW_KEY, ...subject, '-keyout', key, '-out', cert])
  return {
    ...pair,
    async sign(of, subjectAltName) {
      const signed = pairIn(folder, of)
      const request = join(folder, `${of}.csr`)
      const extensions = join(folder, `${of}.ext`)
      await writeFile(extensions, `subjectAltName=${subjectAltName}\n`)
      await run('openssl', ['req', ...NEW_KEY, '-subj', `/CN=${of}`, '-keyout', signed.key, '-out', request])
      const by = ['-CA', cert, '-CAkey', key, '-set_serial', String(Date.now()), '-extfile', extensions]
      await run('openssl', ['x509', '-req', '-days', '1', '-in', request, ...by, '-out', signed.cert])
      return signed
    },
  }
}

function pairIn(folder: string, name: string): Pair {
  return { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) }
}

/** A listener's settings (Kafka's, in PEM) that show `server` and trust `clients`. */
export async function brokerTls(server: Pair, clients: Authority): Promise<Record<string, string>> {
  const [chain, key, trusted] = await Promise.all([server.cert, server.key, clients.cert].map((file) => readFile(file)))
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': String(chain),
    'ssl.keystore.key': String(key),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': String(trusted),
  }
}
