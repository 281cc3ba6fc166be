export interface PasswordCredentials {
  readonly kind: 'password'
  readonly username: string
  readonly password: string
}

/** An identity token is an OAuth2 refresh token. */
export type Credentials =
  | { readonly kind: 'anonymous' }
  | PasswordCredentials
  | { readonly kind: 'identity-token'; readonly token: string }
  /** A bearer token for the registry itself. */
  | { readonly kind: 'registry-token'; readonly token: string }
