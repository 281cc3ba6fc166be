export interface PasswordCredentials {
  readonly kind: 'password'
  readonly username: string
  readonly password: string
}

/** Who asks a registry. An identity token is an OAuth2 refresh token. */
export type Credentials =
  | { readonly kind: 'anonymous' }
  | PasswordCredentials
  | { readonly kind: 'identity-token'; readonly token: string }
