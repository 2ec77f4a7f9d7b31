/**
 * The variables of oauth2-proxy that are not taken over, by name without prefix: those that may be ignored, and those
 * that stop the start.
 */

type Names = { readonly [name: string]: string };

const PAGES = "is about pages that are this gateway's own";
const LOGS = "is about the log, which is JSON on standard output here: COATCHECK_LOG_LEVEL, COATCHECK_ACCESS_LOG";
const BASIC = "is not read: upstreams get X-Auth-Request-* and no password";
const HEALTH = "is not read: health is on the admin listener, /health/live and /health/ready";
const FIXED = "is fixed here, so that browsers guard it by its prefix";
const ONE_SHOT = "is not needed: logins in progress have cookies of their own";

/** Ignored, and said with what holds here: none of them restricts access. */
export const HARMLESS: Names = {
  COOKIE_SECRET: "seals cookies there and has another meaning here; make a fresh COATCHECK_SECRET (coatcheck secret)",
  COOKIE_SECRET_FILE: "seals cookies there and has another meaning here; make a fresh COATCHECK_SECRET (coatcheck secret)",
  COOKIE_DOMAINS: "is session.domain here, off unless you set it",
  COOKIE_NAME: FIXED,
  COOKIE_PATH: FIXED,
  COOKIE_SECURE: "follows publicUrl here",
  COOKIE_HTTPONLY: "is always on here",
  COOKIE_REFRESH: "is not read: a session does not depend on the life of its access token here",
  COOKIE_CSRF_EXPIRE: ONE_SHOT,
  COOKIE_CSRF_PER_REQUEST: ONE_SHOT,
  COOKIE_CSRF_PER_REQUEST_LIMIT: ONE_SHOT,
  COOKIE_CSRF_SAMESITE: ONE_SHOT,
  SESSION_COOKIE_MINIMAL: "is not needed: the cookie is a short ticket",
  REVERSE_PROXY: "trusts every peer there; here those that COATCHECK_TRUSTED_PROXIES names",
  REAL_CLIENT_IP_HEADER: "is not read: clientAddress says which header of a trusted proxy counts",
  WHITELIST_DOMAINS: "is not needed: return addresses are those of publicUrl",
  RELATIVE_REDIRECT_URL: "is not needed: publicUrl may be several origins",
  SET_XAUTHREQUEST: "is always on here",
  PASS_USER_HEADERS: "is always on here, as X-Auth-Request-*",
  PASS_ACCESS_TOKEN: "is not taken over: upstreams[].token: header passes the access token",
  PASS_AUTHORIZATION_HEADER: "passes the ID token there; see upstreams[].token",
  SET_AUTHORIZATION_HEADER: "passes the ID token there; see upstreams[].token",
  PASS_BASIC_AUTH: BASIC,
  SET_BASIC_AUTH: BASIC,
  BASIC_AUTH_PASSWORD: BASIC,
  PASS_HOST_HEADER: "is not taken over: upstreams[].passHost, on unless you say otherwise",
  PROXY_WEBSOCKETS: "is not read: WebSockets pass under the same rules as requests",
  UPSTREAM_TIMEOUT: "is not taken over: upstreams[].timeouts",
  FLUSH_INTERVAL: "is not needed: answers pass as they come",
  DISABLE_KEEP_ALIVES: "is not read",
  ALLOW_QUERY_SEMICOLONS: "is not needed: queries pass as they came",
  FORCE_HTTPS: "is not read: the proxy in front redirects, and cookies are Secure by publicUrl",
  FORCE_JSON_ERRORS: "is not needed: scripts get JSON",
  SKIP_PROVIDER_BUTTON: "is always on here",
  CODE_CHALLENGE_METHOD: "is always S256 here",
  INSECURE_OIDC_SKIP_NONCE: "is not read: the nonce is always checked here",
  ENCODE_STATE: "is not needed here",
  APPROVAL_PROMPT: "is not read; see providers[].authorizationParameters",
  SKIP_CLAIMS_FROM_PROFILE_URL: "is providers[].userinfo here, off unless you set it",
  BEARER_TOKEN_LOGIN_FALLBACK: "is not read: a token that does not count is always 401 here",
  BACKEND_LOGOUT_URL: "is not called: a logout goes on to the end_session_endpoint of the provider",
  USE_SYSTEM_TRUST_STORE: "is not read: NODE_OPTIONS=--use-system-ca does that",
  BANNER: PAGES,
  FOOTER: PAGES,
  CUSTOM_SIGN_IN_LOGO: PAGES,
  CUSTOM_TEMPLATES_DIR: PAGES,
  DISPLAY_HTPASSWD_FORM: PAGES,
  PROVIDER_DISPLAY_NAME: PAGES,
  SHOW_DEBUG_ON_ERROR: PAGES,
  AUTH_LOGGING: LOGS,
  AUTH_LOGGING_FORMAT: LOGS,
  REQUEST_LOGGING: LOGS,
  REQUEST_LOGGING_FORMAT: LOGS,
  REQUEST_ID_HEADER: LOGS,
  STANDARD_LOGGING: LOGS,
  STANDARD_LOGGING_FORMAT: LOGS,
  ERRORS_TO_INFO_LOG: LOGS,
  EXCLUDE_LOGGING_PATHS: LOGS,
  SILENCE_PING_LOGGING: LOGS,
  LOGGING_COMPRESS: LOGS,
  LOGGING_FILENAME: LOGS,
  LOGGING_LOCAL_TIME: LOGS,
  LOGGING_MAX_AGE: LOGS,
  LOGGING_MAX_BACKUPS: LOGS,
  LOGGING_MAX_SIZE: LOGS,
  PING_PATH: HEALTH,
  PING_USER_AGENT: HEALTH,
  READY_PATH: HEALTH,
  GCP_HEALTHCHECKS: HEALTH,
};

export const NO_REDIS = "Redis is not offered in this version; use COATCHECK_STORE=sqlite:PATH.";
const GROUPS = "Put the groups on the upstream:  upstreams[].access: groups  and  upstreams[].groups.";
const OWN_WAY =
  "Only OpenID Connect is offered, and users whom it authenticates: narrow by groups on the upstream, upstreams[].groups.";
const PUBLIC_PATHS = "Give these paths an upstream of their own with  access: public.";
const API_PATHS = "Give these paths an upstream of their own with  access: api.";
const TLS = "TLS is ended by the proxy in front; the gateway listens for plain http.";
const DISCOVERY = "Endpoints and keys come from the provider's own metadata; set COATCHECK_ISSUER and nothing else.";
const TOKENS = "Name the issuer and its audience under  bearer.jwt.";
const CERTIFICATE = "Certificates are always verified. Name your authority:  NODE_EXTRA_CA_CERTS=FILE.";

/** These stop the start if they are on. */
export const OFF_BY_DEFAULT: Names = {
  SKIP_AUTH_PREFLIGHT: "Say it on the upstream:  upstreams[].preflight: true.",
  SKIP_JWT_BEARER_TOKENS: TOKENS,
  SKIP_OIDC_DISCOVERY: DISCOVERY,
  INSECURE_OIDC_SKIP_ISSUER_VERIFICATION: "The issuer is always checked. Set COATCHECK_ISSUER to what the provider calls itself.",
  SSL_INSECURE_SKIP_VERIFY: CERTIFICATE,
  SSL_UPSTREAM_INSECURE_SKIP_VERIFY: CERTIFICATE,
  PREFER_EMAIL_TO_USER:
    "Apps get the subject as X-Auth-Request-User and the address as X-Auth-Request-Email; let them read the latter.",
  SKIP_AUTH_STRIP_HEADERS: "A client's own copies of identity headers are always dropped; unset it.",
  ENTRA_ID_FEDERATED_TOKEN_AUTH: "The client shows a secret here; set COATCHECK_CLIENT_SECRET.",
};

/** These stop the start if they have any other value than this. */
export const STANDARD: { readonly [name: string]: { readonly value: string; readonly remedy: string } } = {
  OIDC_AUDIENCE_CLAIMS: { value: "aud", remedy: "The claim  aud  alone is read, and has to name the client." },
  USER_ID_CLAIM: {
    value: "email",
    remedy: "Say it on the provider:  providers[].userClaim.  Unset, apps get the claim  sub  as X-Auth-Request-User.",
  },
};

/** These stop the start; what to do instead. */
export const NOT_OFFERED: Names = {
  ALLOWED_GROUP: GROUPS,
  ALLOWED_ROLES: GROUPS,
  ALLOWED_ROLE: GROUPS,
  KEYCLOAK_GROUPS: GROUPS,
  GITLAB_GROUPS: GROUPS,
  GOOGLE_GROUPS: GROUPS,
  HTPASSWD_FILE: "Passwords of its own are not offered.",
  HTPASSWD_USER_GROUPS: "Passwords of its own are not offered.",
  GITHUB_ORG: OWN_WAY,
  GITHUB_TEAM: OWN_WAY,
  GITHUB_REPO: OWN_WAY,
  GITHUB_TOKEN: OWN_WAY,
  GITHUB_USERS: OWN_WAY,
  GITLAB_PROJECTS: OWN_WAY,
  BITBUCKET_TEAM: OWN_WAY,
  BITBUCKET_REPOSITORY: OWN_WAY,
  GOOGLE_ADMIN_EMAIL: OWN_WAY,
  GOOGLE_SERVICE_ACCOUNT_JSON: OWN_WAY,
  GOOGLE_TARGET_PRINCIPAL: OWN_WAY,
  GOOGLE_USE_APPLICATION_DEFAULT_CREDENTIALS: OWN_WAY,
  GOOGLE_USE_ORGANIZATION_ID: OWN_WAY,
  AZURE_TENANT: "Set COATCHECK_ISSUER to the tenant's own issuer.",
  ENTRA_ID_ALLOWED_TENANTS: "Set COATCHECK_ISSUER to the tenant's own issuer.",
  SKIP_AUTH_ROUTES: PUBLIC_PATHS,
  SKIP_AUTH_REGEX: PUBLIC_PATHS,
  API_ROUTES: API_PATHS,
  TRUSTED_IPS: "No caller passes by address alone; give what they reach an upstream of its own with  access: public.",
  EXTRA_JWT_ISSUERS: TOKENS,
  OIDC_EXTRA_AUDIENCES: "An ID token has to be for the client; for bearer tokens name audiences under  bearer.jwt.",
  OIDC_JWKS_URL: DISCOVERY,
  OIDC_PUBLIC_KEY_FILES: DISCOVERY,
  LOGIN_URL: DISCOVERY,
  REDEEM_URL: DISCOVERY,
  PROFILE_URL: DISCOVERY,
  VALIDATE_URL: DISCOVERY,
  PUBJWK_URL: DISCOVERY,
  RESOURCE: "Say it as a parameter:  providers[].authorizationParameters: { resource: … }.",
  JWT_KEY: "The client shows a secret here; set COATCHECK_CLIENT_SECRET.",
  JWT_KEY_FILE: "The client shows a secret here; set COATCHECK_CLIENT_SECRET.",
  SIGNATURE_KEY: "upstreams[].assertion: true  signs the user's identity, for that upstream alone.",
  HTTPS_ADDRESS: TLS,
  TLS_CERT_FILE: TLS,
  TLS_KEY_FILE: TLS,
  TLS_MIN_VERSION: TLS,
  TLS_CIPHER_SUITES: TLS,
  METRICS_SECURE_ADDRESS: TLS,
  METRICS_TLS_CERT_FILE: TLS,
  METRICS_TLS_KEY_FILE: TLS,
  PROVIDER_CA_FILES: CERTIFICATE,
  CONFIG: "Its file is not read; say the settings in variables, or in coatcheck.config.yaml.",
  ALPHA_CONFIG: "Its file is not read; say the settings in coatcheck.config.yaml.",
};
