// Package main is KWOK, which pretends nodes and what runs on them: for a control plane, a thousand pods without one process.
//
// It is KWOK's controller without its command: that one also serves logs and shells of pods, with a kubelet's packages.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	nodes "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	heartbeats "sigs.k8s.io/kwok/kustomize/stage/node/heartbeat-with-lease"
	pods "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
	"sigs.k8s.io/kwok/pkg/apis/internalversion"
	"sigs.k8s.io/kwok/pkg/config"
	"sigs.k8s.io/kwok/pkg/kwok/controllers"
	"sigs.k8s.io/kwok/pkg/utils/client"
	"sigs.k8s.io/kwok/pkg/utils/signals"
)

// stages are what happens to nodes and pods: they are ready at once, and end when they are deleted.
var stages = []string{
	nodes.DefaultNodeInit,
	heartbeats.DefaultNodeHeartbeatWithLease,
	pods.DefaultPodReady,
	pods.DefaultPodComplete,
	pods.DefaultPodDelete,
}

func main() {
	kubeconfig := flag.String("kubeconfig", "", "path of the kubeconfig")
	cidr := flag.String("cidr", "10.0.0.1/24", "where pods get their addresses")
	nodeIP := flag.String("node-ip", "", "the address of every node")
	lease := flag.Uint("node-lease-duration-seconds", 40, "how long a node is healthy without a word")
	flag.Parse()
	if err := run(signals.SetupSignalContext(), *kubeconfig, *cidr, *nodeIP, *lease); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, kubeconfig, cidr, nodeIP string, lease uint) error {
	conf, err := connect(kubeconfig)
	if err != nil {
		return err
	}
	if conf.LocalStages, err = readStages(); err != nil {
		return err
	}
	if conf.ID, err = controllers.Identity(); err != nil {
		return err
	}
	defaults := config.GetKwokConfiguration(ctx).Options
	conf.Clock = clock.RealClock{}
	conf.ManageAllNodes = true
	conf.CIDR = cidr
	conf.NodeIP = nodeIP
	conf.NodeLeaseDurationSeconds = lease
	conf.NodeLeaseParallelism = defaults.NodeLeaseParallelism
	conf.NodePlayStageParallelism = defaults.NodePlayStageParallelism
	conf.PodPlayStageParallelism = defaults.PodPlayStageParallelism
	conf.PodsOnNodeSyncParallelism = defaults.PodsOnNodeSyncParallelism
	controller, err := controllers.NewController(conf)
	if err != nil {
		return err
	}
	if err := controller.Start(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func connect(kubeconfig string) (conf controllers.Config, err error) {
	clients, err := client.NewClientset("", kubeconfig)
	if err != nil {
		return conf, err
	}
	restConfig, err := clients.ToRESTConfig()
	if err != nil {
		return conf, err
	}
	if conf.RESTClient, err = rest.RESTClientFor(restConfig); err != nil {
		return conf, err
	}
	if conf.TypedClient, err = kubernetes.NewForConfig(restConfig); err != nil {
		return conf, err
	}
	if conf.DynamicClient, err = clients.ToDynamicClient(); err != nil {
		return conf, err
	}
	conf.RESTMapper, err = clients.ToRESTMapper()
	conf.ImpersonatingDynamicClient = clients.ToImpersonatingDynamicClient()
	conf.ImpersonatingTypedClient = clients.ToImpersonatingTypedClient()
	return conf, err
}

func readStages() (map[internalversion.StageResourceRef][]*internalversion.Stage, error) {
	found := map[internalversion.StageResourceRef][]*internalversion.Stage{}
	for _, text := range stages {
		stage, err := config.UnmarshalWithType[*internalversion.Stage](text)
		if err != nil {
			return nil, err
		}
		found[stage.Spec.ResourceRef] = append(found[stage.Spec.ResourceRef], stage)
	}
	return found, nil
}
