package embedded

import (
	"fmt"
	"net"
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
)

const (
	clusterName = "active"
	storeName   = "sqlite"

	// Temporal's own limits protect a shared cluster from one of its tenants.
	// Here there is one tenant, and the disk is what limits.
	unlimitedRPS = 1_000_000
)

func serverConfig(database *config.SQL, p *ports) *config.Config {
	services := map[string]config.Service{}
	for name, endpoint := range p.services() {
		rpc := config.RPC{GRPCPort: endpoint.port, BindOnIP: endpoint.ip.String()}
		if name == primitives.FrontendService {
			rpc.HTTPPort = p.frontendHTTP.port
		}
		services[string(name)] = config.Service{RPC: rpc}
	}
	return &config.Config{
		Global: config.Global{
			// Must be an IP address, though static hosts never broadcast.
			Membership: config.Membership{MaxJoinDuration: readyTimeout, BroadcastAddress: loopback.String()},
		},
		Persistence: config.Persistence{
			DefaultStore:    storeName,
			VisibilityStore: storeName,
			// Shards make no difference on SQLite, and can never be changed.
			NumHistoryShards: 1,
			DataStores:       map[string]config.DataStore{storeName: {SQL: database}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: p.frontend.client()},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services:            services,
		Archival: config.Archival{
			History:    config.HistoryArchival{State: "disabled"},
			Visibility: config.VisibilityArchival{State: "disabled"},
		},
		NamespaceDefaults: config.NamespaceDefaults{
			Archival: config.ArchivalNamespaceDefaults{
				History:    config.HistoryArchivalNamespaceDefaults{State: "disabled"},
				Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
			},
		},
		PublicClient: config.PublicClient{HostPort: p.frontend.client()},
	}
}

func newTemporal(c *config.Config, p *ports, logger *serverLogger, o Options) (temporal.Server, error) {
	authorizer, err := authorization.GetAuthorizerFromConfig(&c.Global.Authorization)
	if err != nil {
		return nil, fmt.Errorf("authorizer: %w", err)
	}
	claims, err := authorization.GetClaimMapperFromConfig(&c.Global.Authorization, logger)
	if err != nil {
		return nil, fmt.Errorf("claim mapper: %w", err)
	}
	// Static hosts spare the gossip between services of one process.
	hosts := map[primitives.ServiceName]static.Hosts{}
	for name, endpoint := range p.services() {
		hosts[name] = static.SingleLocalHost(endpoint.client())
	}
	return temporal.NewServer(
		temporal.WithConfig(c),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(logger),
		temporal.WithAuthorizer(authorizer),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return claims }),
		temporal.WithDynamicConfigClient(dynamicSettings(o)),
	)
}

func dynamicSettings(o Options) dynamicconfig.StaticClient {
	settings := dynamicconfig.StaticClient{
		// Nothing here may call home.
		dynamicconfig.EnableServerVersionCheck.Key(): false,
		// Search attributes are usable as soon as they are made.
		dynamicconfig.ForceSearchAttributesCacheRefreshOnRead.Key(): true,
		// More partitions than one make the rare task of a small queue wait
		// for another partition's poller.
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
		// The default of 20 puts a floor of 50 ms under each task.
		dynamicconfig.TransferProcessorMaxPollRPS.Key(): 100,
		// Some clients that wait for a workflow miss its end, and learn of it
		// at the end of this interval only; by default 20 s.
		dynamicconfig.HistoryLongPollExpirationInterval.Key(): 2 * time.Second,
		// The default of 10 makes the eleventh update in flight wait seconds.
		dynamicconfig.WorkflowExecutionMaxInFlightUpdates.Key(): 100,
	}
	for _, limit := range []dynamicconfig.Key{
		dynamicconfig.FrontendRPS.Key(),
		dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key(),
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(),
		dynamicconfig.FrontendPersistenceMaxQPS.Key(),
		dynamicconfig.HistoryRPS.Key(),
		dynamicconfig.HistoryPersistenceMaxQPS.Key(),
		dynamicconfig.MatchingRPS.Key(),
		dynamicconfig.MatchingPersistenceMaxQPS.Key(),
		dynamicconfig.WorkerPersistenceMaxQPS.Key(),
		dynamicconfig.VisibilityPersistenceMaxReadQPS.Key(),
		dynamicconfig.VisibilityPersistenceMaxWriteQPS.Key(),
	} {
		settings[limit] = unlimitedRPS
	}
	if o.SuggestContinueAsNewAfter > 0 {
		settings[dynamicconfig.HistoryCountSuggestContinueAsNew.Key()] = o.SuggestContinueAsNewAfter
	}
	return settings
}

// loopback is where the parts of the server find each other.
var loopback = net.IPv4(127, 0, 0, 1)
