import { randomBytes } from 'node:crypto'
import { run } from './command.ts'

/** The lowest cost that bcrypt has: these passwords guard nothing, and every request is checked anew. */
const cost = '04'

/**
 * The bcrypt hash of a password, the only kind that the registry accepts. The C library knows bcrypt; perl, which no
 * Debian is without, hands it the password that it reads from its standard input.
 */
const bcrypt = (password: string): Promise<string> => {
  const salt = randomBytes(22).toString('base64').replaceAll('+', '.').slice(0, 22)
  return run('perl', ['-e', 'local $/; print crypt(<STDIN>, $ARGV[0])', `$2b$${cost}$${salt}`], {
    input: password,
  })
}

/** The text of an htpasswd file for these users; keys are names, values are passwords. */
export const htpasswd = async (users: Readonly<Record<string, string>>): Promise<string> => {
  const lines = Object.entries(users).map(async ([user, password]) => `${user}:${await bcrypt(password)}\n`)
  return (await Promise.all(lines)).join('')
}
