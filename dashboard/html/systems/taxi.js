import { count } from '../parts/format.js';
import { outcome } from './sample.js';

const STATUSES = ['Called', 'Accepted', 'Completed'];
const money = (rows) => rows.reduce((sum, each) => sum + (each.cost ?? 0), 0);

export default {
  about: 'Passengers call taxis; the fare is held in escrow until the ride is completed.',
  numbers: [
    {
      title: 'Calls',
      unit: 'ever made',
      value: async (of) => count(await of.total('/taxi/calls')),
    },
    {
      title: 'Waiting',
      unit: 'for a driver',
      value: async (of) => count(await of.total('/taxi/calls', 'status=Called')),
    },
    {
      title: 'On the way',
      unit: 'accepted rides',
      value: async (of) => count(await of.total('/taxi/calls', 'status=Accepted')),
    },
    {
      title: 'Completed',
      unit: 'rides',
      value: async (of) => count(await of.total('/taxi/calls', 'status=Completed')),
    },
    {
      title: 'Held fares',
      unit: 'payments',
      value: async (of) => count(await of.total('/taxi/payments')),
    },
    {
      title: 'Fares, newest 200',
      unit: 'sum',
      value: async (of) => count(money(await of.newest('/taxi/calls'))),
    },
  ],
  invariants: [
    {
      title: 'No call without its fare',
      means: 'A call is taken only once payment holds its fare.',
      check: async (of) => {
        const pairs = await of.belonging(
          await of.newest('/taxi/calls'),
          '/taxi/payments',
          'callId',
        );
        return outcome(
          pairs,
          'the newest calls',
          ([call, held]) => held.length !== 1 && `call ${call.id} has ${held.length} fares`,
        );
      },
    },
    {
      title: 'Money is conserved',
      means: 'What payment holds for a call is what the call costs, to the last coin.',
      check: async (of) => {
        const pairs = await of.belonging(
          await of.newest('/taxi/calls'),
          '/taxi/payments',
          'callId',
        );
        const sums =
          `${count(money(pairs.map(([call]) => call)))} called, ` +
          `${count(money(pairs.flatMap(([, held]) => held)))} held`;
        return outcome(
          pairs,
          sums,
          ([call, held]) =>
            money([call]) !== money(held) &&
            `call ${call.id}: ${money([call])} called, ${money(held)} held`,
        );
      },
    },
    {
      title: 'Completed means settled in full',
      means: 'The board shows as settled what the ride cost, and nothing before it is completed.',
      check: async (of) =>
        outcome(
          await of.newest('/taxi/callLists'),
          'the newest rows of the board',
          (row) =>
            (row.status === 'Completed' ? row.settled !== row.cost : row.settled !== null) &&
            `row ${row.id}: ${row.status}, settled ${row.settled} of ${row.cost}`,
        ),
    },
    {
      title: 'A status goes one way',
      means: 'Called, Accepted, Completed and nothing else.',
      check: async (of) =>
        outcome(
          await of.newest('/taxi/drivers'),
          'the newest calls of drivers',
          (each) => !STATUSES.includes(each.status) && `driver ${each.id} is ${each.status}`,
        ),
    },
  ],
};
