// The example provider of zitadel's oidc library, on a loopback address, for the clients and users of a file. The example itself listens
// everywhere, knows no page after logout, and gives tokens of five minutes.
package main

import (
	"context"
	"encoding/json"
	"log"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

type order struct {
	Listen  string
	Issuer  string
	Seconds int
	Users   string
	Clients []struct{ ID, Secret, Origin string }
}

// client knows the page after logout.
type client struct {
	op.Client
	pages []string
}

func (c client) PostLogoutRedirectURIs() []string { return c.pages }

// shorter is the example's storage, with access tokens that its clients take for shorter ones.
type shorter struct {
	*storage.Storage
	lifetime time.Duration
	pages    map[string][]string
}

func (s shorter) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	found, err := s.Storage.GetClientByClientID(ctx, id)
	if err != nil {
		return nil, err
	}
	return client{found, slices.Clone(s.pages[id])}, nil
}

func (s shorter) CreateAccessAndRefreshTokens(ctx context.Context, request op.TokenRequest, current string) (string, string, time.Time, error) {
	access, refresh, _, err := s.Storage.CreateAccessAndRefreshTokens(ctx, request, current)
	return access, refresh, time.Now().Add(s.lifetime), err
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var given order
	if err := json.Unmarshal(text, &given); err != nil {
		log.Fatal(err)
	}
	pages := map[string][]string{}
	for _, one := range given.Clients {
		storage.RegisterClients(storage.WebClient(one.ID, one.Secret, one.Origin+"/auth/callback"))
		pages[one.ID] = []string{one.Origin + "/", one.Origin + "/auth/signed-out"}
	}
	users, err := storage.StoreFromFile(given.Users)
	if err != nil {
		log.Fatal(err)
	}
	store := shorter{storage.NewStorage(users), time.Duration(given.Seconds) * time.Second, pages}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	log.Fatal(http.ListenAndServe(given.Listen, exampleop.SetupServer(given.Issuer, store, logger, false)))
}
