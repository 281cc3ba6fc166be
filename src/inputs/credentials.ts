import type { PasswordCredentials } from '../registry/credentials.ts'
import type { InputTexts } from './texts.ts'
import { invalidInput, mistaken, type Validated, valid } from './validated.ts'

/** The account at the registry, if one is given. */
export const credentialsOf = ({
  username,
  password,
}: InputTexts): Validated<PasswordCredentials | undefined> => {
  if (username === '' && password === '') return valid(undefined)
  if (username !== '' && password !== '') return valid({ kind: 'password', username, password })
  const missing = username === '' ? 'username' : 'password'
  return mistaken(
    invalidInput(
      ['username', 'password'],
      `The input ${missing} is empty, and ${missing === 'username' ? 'password' : 'username'} is not.`,
      'Give both, or neither to use the login that docker has. A secret or variable that does not exist is empty too: check its name, and that this repository may read it.',
    ),
  )
}
