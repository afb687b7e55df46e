/** A variable of the environment that Herald cannot work with; `message` is one line that names it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
