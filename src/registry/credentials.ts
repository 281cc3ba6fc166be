/** An account with its password, or a token in place of one. */
export interface PasswordCredentials {
  readonly kind: 'password'
  readonly username: string
  readonly password: string
}

/** What a registry may be told about who asks. */
export type Credentials =
  | { readonly kind: 'anonymous' }
  | PasswordCredentials
  /** What docker stores when a helper answers with the user name `<token>`: an OAuth2 refresh token. */
  | { readonly kind: 'identity-token'; readonly token: string }
  /** A bearer token for the registry itself. */
  | { readonly kind: 'registry-token'; readonly token: string }
