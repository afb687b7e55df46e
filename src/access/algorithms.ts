/** The algorithms that may sign a token (RFC 7518, RFC 8037). `none` is none of them, whatever is configured. */

/** Signed by a private key, so that whoever verifies cannot sign. */
export const ASYMMETRIC_ALGORITHMS: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]
/** Only where they are asked for by name: whoever verifies can sign, too. */
export const SYMMETRIC_ALGORITHMS: readonly string[] = ['HS256', 'HS384', 'HS512']
