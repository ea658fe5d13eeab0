/**
 * The three dashboards: what customers are worth and where they move, who is being lost, how the machine runs.
 * Every query is run against a real Prometheus by test/integration/observability.test.ts and must return data.
 */
import type { Dashboard, Panel } from './panels.ts';

type Rest = Omit<Panel, 'title' | 'unit' | 'kind' | 'width' | 'queries'> & Partial<Pick<Panel, 'kind' | 'width'>>;

/** A panel of one query: the usual case. */
function panel(title: string, unit: Panel['unit'], expr: string, legend: string, rest: Rest): Panel {
  return { kind: 'timeseries', width: 8, ...rest, title, unit, queries: [{ expr, legend }] };
}

const customerValue: Dashboard = {
  uid: 'clientele-customer-value',
  title: 'Clientele: customer value',
  description: 'How many customers each value tier and lifecycle stage has, and who moves.',
  rows: [
    {
      title: 'Tiers',
      panels: [
        panel('Customers by tier', 'short', 'sum by (tier) (clientele_tier_customers{job=~"$job"})', '{{tier}}', {
          description: 'Population of each value tier, over all tasks. It is kept in the changelog and right at once.',
          stacked: true,
          width: 12,
        }),
        panel(
          'Share of each tier now',
          'percentunit',
          'sum by (tier) (clientele_tier_customers{job=~"$job"}) / scalar(sum(clientele_tier_customers{job=~"$job"}))',
          '{{tier}}',
          { description: 'Part of the customers with a tier that is in each one.', kind: 'bargauge', width: 6 },
        ),
        panel('Customers with a tier', 'short', 'sum(clientele_tier_customers{job=~"$job"})', 'customers', {
          description: 'Customers with at least one purchase that was not cancelled.',
          kind: 'stat',
          width: 6,
        }),
        panel(
          'Migrations',
          'short',
          'sum by (direction) (increase(clientele_tier_transitions_total{job=~"$job"}[$__rate_interval]))',
          '{{direction}}',
          { description: 'Tier changes published per interval, by direction.', width: 12, stacked: true },
        ),
        panel(
          'Ups for each down',
          'short',
          'sum(increase(clientele_tier_transitions_total{job=~"$job",direction="up"}[$__range])) / clamp_min(sum(increase(clientele_tier_transitions_total{job=~"$job",direction="down"}[$__range])), 1)',
          'ups per down',
          { description: 'Over the range shown; below 1 the customer base loses value.', kind: 'stat', width: 6 },
        ),
        panel(
          'Explanations that do not add up',
          'short',
          'sum(clientele_explanation_mismatches_total{job=~"$job"})',
          'mismatches',
          { description: 'Must be 0; anything else is a defect of Clientele to report.', kind: 'stat', width: 6 },
        ),
      ],
    },
    {
      title: 'Lifecycle',
      panels: [
        panel(
          'Customers by stage',
          'short',
          'sum by (stage) (clientele_lifecycle_customers{job=~"$job"})',
          '{{stage}}',
          {
            description: 'Population of each lifecycle stage: potential, new, stable, lost, won back.',
            stacked: true,
            width: 12,
          },
        ),
        panel(
          'Stages entered',
          'short',
          'sum by (stage) (increase(clientele_lifecycle_transitions_total{job=~"$job"}[$__rate_interval]))',
          '{{stage}}',
          { description: 'Lifecycle changes published per interval, by the stage entered.', width: 12, stacked: true },
        ),
      ],
    },
    {
      title: 'What it is judged by',
      panels: [
        panel(
          'Events applied',
          'cps',
          'sum by (input) (rate(clientele_records_consumed_total{job=~"$job",outcome="applied"}[$__rate_interval]))',
          '{{input}}',
          { description: 'Purchases, interactions and surveys per second that changed a customer.', width: 12 },
        ),
        panel(
          'Model revision',
          'short',
          'count by (model_revision, version) (clientele_build_info{job=~"$job"})',
          'revision {{model_revision}}, version {{version}}',
          { description: 'Processes by the model they score with; more than one only during an upgrade.', width: 12 },
        ),
      ],
    },
  ],
};

const lostShare =
  'sum(clientele_lifecycle_customers{job=~"$job",stage="lost"}) / clamp_min(sum(clientele_lifecycle_customers{job=~"$job",stage!="potential"}), 1)';

/** A sum of scored alerts that nobody acted on, by band. */
function untouched(of: string): string {
  return `sum by (band) (clientele_churn_scored_${of}{job=~"$job",arm!="treated"})`;
}

const endedAlerts = 'sum(increase(clientele_churn_alerts_total{job=~"$job",status=~"resolved|expired"}[$__range]))';

const churn: Dashboard = {
  uid: 'clientele-churn',
  title: 'Clientele: churn',
  description: 'Who is at risk, what came of the alerts, who is lost, who comes back.',
  rows: [
    {
      title: 'Alerts',
      panels: [
        panel('Alerts open', 'short', 'sum(clientele_churn_alerts_open{job=~"$job"})', 'open', {
          description: 'Customers somebody should try to keep, now; kept in the changelog and right at once.',
          kind: 'stat',
          width: 6,
        }),
        panel(
          'At stake in alerts opened',
          'short',
          'sum(increase(clientele_churn_value_at_stake_minor_total{job=~"$job"}[$__range]))',
          'minor units',
          {
            description:
              'Margin expected of these customers and no longer expected when their alerts opened; range shown, minor units.',
            kind: 'stat',
            width: 6,
          },
        ),
        panel(
          'Ended by a purchase',
          'percentunit',
          `sum(increase(clientele_churn_alerts_resolved_total{job=~"$job",reason="purchase"}[$__range])) / clamp_min(${endedAlerts}, 1)`,
          'bought again',
          {
            description: 'Share of the alerts that ended in the range shown because the customer bought.',
            kind: 'stat',
            width: 6,
          },
        ),
        panel(
          'Left out by the budget',
          'percentunit',
          'sum(increase(clientele_churn_alerts_total{job=~"$job",status="suppressed"}[$__range])) / clamp_min(sum(increase(clientele_churn_alerts_total{job=~"$job",status=~"opened|suppressed"}[$__range])), 1)',
          'suppressed',
          {
            description:
              'Share of new alerts beyond what an hour may have, over the range shown: nobody is told to act on them.',
            kind: 'stat',
            width: 6,
          },
        ),
        panel('Customers at risk', 'short', 'sum by (band) (clientele_churn_customers{job=~"$job"})', '{{band}}', {
          description: 'Customers in each band of risk; watch is for looking, the others are told of.',
          stacked: true,
        }),
        panel(
          'Alerts opened and escalated',
          'short',
          'sum by (status, band) (increase(clientele_churn_alerts_total{job=~"$job",status=~"opened|escalated"}[$__rate_interval]))',
          '{{status}} at {{band}}',
          { description: 'Work that arrives, per interval, by the band entered.', stacked: true },
        ),
        {
          title: 'How alerts end',
          description:
            'Alerts that ended per interval: by a purchase, by recovery without one, as lost, or by running out.',
          unit: 'short',
          kind: 'timeseries',
          width: 8,
          stacked: true,
          queries: [
            {
              expr: 'sum by (reason) (increase(clientele_churn_alerts_resolved_total{job=~"$job"}[$__rate_interval]))',
              legend: '{{reason}}',
            },
            {
              expr: 'sum(increase(clientele_churn_alerts_total{job=~"$job",status="expired"}[$__rate_interval]))',
              legend: 'expired',
            },
          ],
        },
      ],
    },
    {
      title: 'How right the alerts were',
      panels: [
        {
          title: 'Lost, and expected to be',
          description:
            'Of alerts whose horizon has ended and that nobody acted on: the share that did not come back, beside the share that was forecast. Apart by more than a few points, fit the model anew.',
          unit: 'percentunit',
          kind: 'bargauge',
          width: 8,
          queries: [
            {
              expr: `(${untouched('alerts')} - ${untouched('returned')}) / clamp_min(${untouched('alerts')}, 1)`,
              legend: '{{band}}: lost',
            },
            {
              expr: `${untouched('expected_losses')} / clamp_min(${untouched('alerts')}, 1)`,
              legend: '{{band}}: expected',
            },
          ],
        },
        panel(
          'Brier score',
          'short',
          `${untouched('squared_errors')} / clamp_min(${untouched('alerts')}, 1)`,
          '{{band}}',
          {
            description: 'Mean squared error of the probability on the same alerts: 0 is perfect, 0.25 is a coin.',
            kind: 'stat',
          },
        ),
        panel('Alerts scored', 'short', `sum by (arm) (clientele_churn_scored_alerts{job=~"$job"})`, '{{arm}}', {
          description: 'Alerts whose horizon has ended, by what was done. Hundreds are needed before shares mean much.',
          kind: 'stat',
        }),
        panel(
          'Came back, by what was done',
          'percentunit',
          'sum by (arm) (clientele_churn_scored_returned{job=~"$job"}) / clamp_min(sum by (arm) (clientele_churn_scored_alerts{job=~"$job"}), 1)',
          '{{arm}}',
          {
            description:
              'Treated against control is what acting brings; `clientele alerts --scores` gives the interval of the difference.',
            kind: 'bargauge',
            width: 12,
          },
        ),
        panel(
          'Margin per alert, by what was done',
          'short',
          'sum by (arm) (clientele_churn_scored_margin_minor{job=~"$job"}) / clamp_min(sum by (arm) (clientele_churn_scored_alerts{job=~"$job"}), 1)',
          '{{arm}}',
          {
            description: 'Margin within the horizon of an alert, minor units, before the cost of acting.',
            kind: 'bargauge',
            width: 12,
          },
        ),
      ],
    },
    {
      title: 'Lost and won back',
      panels: [
        panel('Share of customers lost', 'percentunit', lostShare, 'lost', {
          description: 'Lost customers among all who ever bought: one less this is the retention rate.',
          kind: 'stat',
        }),
        panel('Customers lost', 'short', 'sum(clientele_lifecycle_customers{job=~"$job",stage="lost"})', 'lost', {
          description: 'Customers in the stage lost now.',
          kind: 'stat',
        }),
        panel(
          'Customers won back',
          'short',
          'sum(clientele_lifecycle_customers{job=~"$job",stage="won_back"})',
          'won back',
          { description: 'Customers who bought again after they were lost and are not yet stable.', kind: 'stat' },
        ),
        {
          title: 'Lost and won back over time',
          description:
            'Customers entering the stages per interval; the second should follow the first after a campaign.',
          unit: 'short',
          kind: 'timeseries',
          width: 12,
          queries: ['lost', 'won_back'].map((stage) => ({
            expr: `sum(increase(clientele_lifecycle_transitions_total{job=~"$job",stage="${stage}"}[$__rate_interval]))`,
            legend: stage,
          })),
        },
        panel('Share lost over time', 'percentunit', lostShare, 'lost', {
          description: 'The same share as above, as it develops.',
          width: 12,
        }),
      ],
    },
    {
      title: 'Value going down',
      panels: [
        panel(
          'Falls of tier',
          'short',
          'sum by (direction) (increase(clientele_tier_transitions_total{job=~"$job",direction=~"down|will_fall|held"}[$__rate_interval]))',
          '{{direction}}',
          { description: 'Falls, falls announced, and announced falls that were averted, per interval.', width: 12 },
        ),
        panel(
          'Share of announced falls averted',
          'percentunit',
          'sum(increase(clientele_tier_transitions_total{job=~"$job",direction="held"}[$__range])) / clamp_min(sum(increase(clientele_tier_transitions_total{job=~"$job",direction="will_fall"}[$__range])), 1)',
          'averted',
          { description: 'Over the range shown: how often a notice was followed by enough activity.', kind: 'stat' },
        ),
      ],
    },
  ],
};

const pipeline: Dashboard = {
  uid: 'clientele-pipeline',
  title: 'Clientele: pipeline',
  description: 'How the machine runs: throughput, latency, lag, transactions, take-overs, dead letters, resources.',
  rows: [
    {
      title: 'Flow',
      panels: [
        panel(
          'Records taken',
          'cps',
          'sum by (outcome) (rate(clientele_records_consumed_total{job=~"$job"}[$__rate_interval]))',
          '{{outcome}}',
          {
            description: 'Input records per second, by what became of them; their sum is every record.',
            stacked: true,
          },
        ),
        panel('Records behind', 'short', 'sum by (input) (clientele_lag_records{job=~"$job"})', '{{input}}', {
          description: 'Records of each input not taken yet.',
        }),
        panel('Behind by', 's', 'max by (input) (clientele_lag_seconds{job=~"$job"})', '{{input}}', {
          description: 'Age of the oldest record not taken, by its broker timestamp; the worst task.',
        }),
        panel(
          'Task time behind the clock',
          's',
          'time() - min by (job) (clientele_task_time_timestamp_seconds{job=~"$job"})',
          '{{job}}',
          {
            description:
              'How far the slowest task has read, as an age. Large during an import of history: that is its time.',
          },
        ),
        panel(
          'Dead letters',
          'cps',
          'sum by (reason) (rate(clientele_rejections_total{job=~"$job"}[$__rate_interval]))',
          '{{reason}}',
          {
            description: 'Records rejected per second, by reason. The records are in the dead-letter topic.',
            stacked: true,
          },
        ),
        panel(
          'Share rejected',
          'percentunit',
          'sum(rate(clientele_rejections_total{job=~"$job"}[$__rate_interval])) / clamp_min(sum(rate(clientele_records_consumed_total{job=~"$job"}[$__rate_interval])), 0.001)',
          'rejected',
          { description: 'At a half of the last thousand of an input its task stops.' },
        ),
      ],
    },
    {
      title: 'Transactions',
      panels: [
        {
          title: 'Commit duration',
          description:
            'From the begin of a transaction to its reply. A transition is visible about a commit interval later.',
          unit: 's',
          kind: 'timeseries',
          width: 8,
          queries: [0.5, 0.99].map((share) => ({
            expr: `histogram_quantile(${share}, sum by (le) (rate(clientele_commit_duration_seconds_bucket{job=~"$job"}[$__rate_interval])))`,
            legend: `p${share * 100}`,
          })),
        },
        panel(
          'Commits',
          'cps',
          'sum by (result) (rate(clientele_commits_total{job=~"$job"}[$__rate_interval]))',
          '{{result}}',
          {
            description:
              'Transactions per second. `unknown` and `fenced` are recovered from; many of them are not normal.',
          },
        ),
        panel(
          'Records written',
          'cps',
          'sum by (job) (rate(clientele_records_produced_total{job=~"$job"}[$__rate_interval]))',
          '{{job}}',
          { description: 'Transitions, profiles, dead letters and changelog records in committed transactions.' },
        ),
      ],
    },
    {
      title: 'Tasks',
      panels: [
        panel('Tasks by phase', 'short', 'sum by (phase) (clientele_task_phase{job=~"$job"})', '{{phase}}', {
          description: 'Every assigned task is in exactly one phase; all should be running.',
          stacked: true,
        }),
        panel(
          'Slowest since a commit',
          's',
          'time() - min by (job) (clientele_last_commit_timestamp_seconds{job=~"$job"})',
          '{{job}}',
          { description: 'Seconds since the task that waits longest has committed; idle tasks commit once a minute.' },
        ),
        panel(
          'Take-over duration',
          's',
          'sum by (job) (clientele_takeover_duration_seconds_sum{job=~"$job"}) / sum by (job) (clientele_takeover_duration_seconds_count{job=~"$job"})',
          '{{job}}',
          { description: 'Mean, from the fence to the first commit of the new owner; grows with the state.' },
        ),
        panel(
          'Left to restore',
          'short',
          'sum by (job) (clientele_restore_remaining_records{job=~"$job"})',
          '{{job}}',
          {
            description: 'Changelog records that take-overs under way still have to read.',
          },
        ),
        panel(
          'Timers fired',
          'cps',
          'sum by (job) (rate(clientele_timers_fired_total{job=~"$job"}[$__rate_interval]))',
          '{{job}}',
          { description: 'Customers per second about whom silence changed something, or had to be looked at again.' },
        ),
        panel(
          'Clock off by',
          's',
          'max by (instance) (abs(clientele_clock_skew_seconds{job=~"$job"}))',
          '{{instance}}',
          {
            description: 'Distance of the process clock from broker time; beyond five seconds no timer fires.',
          },
        ),
        panel(
          'Left to judge anew',
          'short',
          'sum(clientele_rescore_remaining_customers{job=~"$job"}) or vector(0)',
          'customers',
          { description: 'Customers that a new model revision has not judged yet.' },
        ),
        panel('Customers held', 'short', 'sum by (job) (clientele_state_customers{job=~"$job"})', '{{job}}', {
          description: 'Customers with a state, over all tasks.',
        }),
        panel(
          'Schema registry',
          'cps',
          'sum by (result) (rate(clientele_schema_registry_requests_total{job=~"$job"}[$__rate_interval]))',
          '{{result}}',
          {
            description:
              'Look-ups per second; rare, since schemas are kept. Failures pause the tasks that need an answer.',
          },
        ),
      ],
    },
    {
      title: 'Look-ups',
      panels: [
        panel(
          'Data API requests',
          'reqps',
          'sum by (status) (rate(clientele_api_requests_total{job=~"$job"}[$__rate_interval]))',
          '{{status}}',
          {
            description: 'Requests per second, by status; one passed on to another instance counts at both.',
            stacked: true,
          },
        ),
        panel(
          'Answered within',
          's',
          'sum by (route) (increase(clientele_api_request_duration_seconds_sum{job=~"$job"}[$__range])) / clamp_min(sum by (route) (increase(clientele_api_request_duration_seconds_count{job=~"$job"}[$__range])), 1)',
          '{{route}}',
          {
            description:
              'Mean time to an answer over the range shown, another instance included; empty until somebody asks.',
          },
        ),
        panel(
          'Nobody could say',
          'reqps',
          'sum by (reason) (rate(clientele_api_refusals_total{job=~"$job"}[$__rate_interval]))',
          '{{reason}}',
          {
            description: 'Answers 503 per second, by reason. Seconds of them belong to a rebalance; more do not.',
            stacked: true,
          },
        ),
      ],
    },
    {
      title: 'Resources',
      panels: [
        panel('Processor', 'short', 'rate(process_cpu_seconds_total{job=~"$job"}[$__rate_interval])', '{{instance}}', {
          description: 'Cores in use by each process; above 0.9 more processes are needed.',
        }),
        panel('Memory', 'bytes', 'process_resident_memory_bytes{job=~"$job"}', '{{instance}}', {
          description: 'Resident memory of each process.',
        }),
        panel('Event loop lag', 's', 'nodejs_eventloop_lag_p99_seconds{job=~"$job"}', '{{instance}}', {
          description: 'Delay of timers, 99th percentile; seconds endanger heartbeats and so the assignment.',
        }),
      ],
    },
  ],
};

/** Every dashboard. */
export const dashboards: readonly Dashboard[] = [customerValue, churn, pipeline];
