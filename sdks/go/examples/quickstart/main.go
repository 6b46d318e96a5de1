// Quickstart asks what to change in a workload and prints the report. Set NETRA_API_KEY, and NETRA_BASE_URL if it is not http://127.0.0.1:8000.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/netrasystems/netra-go"
)

func main() {
	ctx := context.Background()
	client, err := netra.New()
	check(err)
	workload, err := client.Workloads.Create(ctx, "support chat")
	check(err)
	_, err = client.Workloads.AddEvents(ctx, workload.ID, []netra.WorkloadEvent{
		{Timestamp: time.Now(), Model: "gpt-4o", InputTokens: 1_800, OutputTokens: 240},
	})
	check(err)
	answer, err := client.Ask(ctx, netra.Ask{Message: "Make it 20 % cheaper", WorkloadID: &workload.ID})
	check(err)
	fmt.Println(answer.Advice.Report)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
