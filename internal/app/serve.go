package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ownmark/ownmark/internal/detect"
	"github.com/ownmark/ownmark/internal/enforce"
	"github.com/ownmark/ownmark/internal/fault"
)

// Listen opens address. When its port is taken and next is set, it tries the twenty after it.
// It returns fault.Unavailable when none is free.
func Listen(address string, next bool) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fault.Invalid.Say("%q is not HOST:PORT.", address).Because(err)
	}
	first, err := strconv.Atoi(port)
	if err != nil {
		return nil, fault.Invalid.Say("%q is not HOST:PORT.", address).Because(err)
	}
	tries := 1
	if next && first != 0 {
		tries = 21
	}
	for i := range tries {
		listener, listenErr := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(first+i)))
		if listenErr == nil {
			return listener, nil
		}
		err = listenErr
		if !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fault.Unavailable.Say("The address %s is taken. Choose another with --listen.", address).Because(err)
	}
	return nil, fault.Unavailable.Say("Cannot listen at %s.", address).Because(err)
}

// Serve answers requests at listener until ctx ends, then lets those under way finish for up to ten seconds.
func (a *App) Serve(ctx context.Context, server *http.Server, listener net.Listener) error {
	server.ErrorLog = slog.NewLogLogger(a.Log.Handler(), slog.LevelWarn)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve at %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	if serveErr := <-failed; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return err
}

// Admin is what operators see and nobody else: health, readiness, metrics and profiles. It belongs on a listener of its
// own, reachable from inside only.
func (a *App) Admin() *http.Server {
	registry := prometheus.NewRegistry()
	registry.MustRegister(&queues{app: a})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		if err := a.Ready(ctx); err != nil {
			a.Log.WarnContext(ctx, "not ready", slog.Any("error", err))
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(prometheus.Gatherers{prometheus.DefaultGatherer, registry}, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
}

// queues tells Prometheus how much waits, asked afresh at each scrape.
type queues struct{ app *App }

var waiting = prometheus.NewDesc("ownmark_queue_waiting_messages", "Messages on the bus that this consumer has still to handle.", []string{"consumer"}, nil)

// Describe is prometheus.Collector's.
func (q *queues) Describe(out chan<- *prometheus.Desc) { out <- waiting }

// Collect is prometheus.Collector's.
func (q *queues) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, consumer := range []string{detect.ScanConsumer, detect.RescanConsumer, detect.BrandChangedConsumer, detect.PolicyChangedConsumer, detect.ReplayConsumer, detect.DecisionConsumer, enforce.ScannedConsumer, enforce.BundleConsumer} {
		if n, err := q.app.Bus.Pending(ctx, consumer); err == nil {
			out <- prometheus.MustNewConstMetric(waiting, prometheus.GaugeValue, float64(n), consumer)
		}
	}
}
