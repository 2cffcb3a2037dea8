package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones by name on machines that have no table of them
)

func main() { os.Exit(program()) }

// program runs one invocation and returns the exit code. The first Ctrl-C
// cancels the work cleanly; after it the default holds again, so a second one
// kills.
func program() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	collectInTime(freeMemory("/"))
	return run(ctx, newApp(os.Stdin, os.Stdout, os.Stderr, os.LookupEnv), os.Args[1:])
}
