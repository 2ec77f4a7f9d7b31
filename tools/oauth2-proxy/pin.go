//go:build pin

package pin

import _ "github.com/oauth2-proxy/oauth2-proxy/v7"
