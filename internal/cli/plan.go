package cli

import (
	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/workflows"
)

func (p *program) planCommand() *cobra.Command {
	in, wanted := workflows.SyncInput{Trigger: triggerHand, DryRun: true}, selection{}
	c := &cobra.Command{
		Use: "plan CONNECTION", Short: "Show what a run would do, and do nothing", Args: oneArgument("the connection"),
		Long: "Show what a run would do: how many changes of each kind in each target, then each change with its rule. " +
			"The source is read and the guard asked as in a run; nothing is written but Rollcall's own database. \"rollcall sync --dry-run\" is the same.\n\n" +
			"\"rollcall run ID\" shows the plan again, with other filters.",
		RunE: func(c *cobra.Command, args []string) error {
			if err := wanted.check(); err != nil {
				return err
			}
			in.Connection = args[0]
			return p.sync(c.Context(), in, wanted)
		},
	}
	c.Flags().BoolVar(&in.Full, "full", false, "read the whole source, not only what changed")
	c.Flags().BoolVar(&in.Drift, "drift", false, "read the targets too")
	wanted.flags(c)
	p.csvFlag(c, "the changes")
	return c
}
