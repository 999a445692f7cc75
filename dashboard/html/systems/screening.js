import { count } from '../parts/format.js';
import { outcome } from './sample.js';

const ENDED = { CANCELED: 'CANCELED', FORCE_CANCELED: 'FORCE_CANCELED' };

export default {
  about: 'Customers reserve health screenings, each of which takes a place at a hospital.',
  numbers: [
    {
      title: 'Screenings',
      unit: 'ever requested',
      value: async (of) => count(await of.total('/screening/screenings')),
    },
    {
      title: 'Completed',
      unit: 'requests',
      value: async (of) =>
        count(await of.total('/screening/screenings', 'status=REQUEST_COMPLETED')),
    },
    {
      title: 'Cancelled',
      unit: 'by customers',
      value: async (of) => count(await of.total('/screening/screenings', 'status=CANCELED')),
    },
    {
      title: 'Force-cancelled',
      unit: 'with their hospital',
      value: async (of) => count(await of.total('/screening/screenings', 'status=FORCE_CANCELED')),
    },
    {
      title: 'Hospitals',
      unit: 'slots',
      value: async (of) => count(await of.total('/screening/hospitals')),
    },
    {
      title: 'Free places',
      unit: 'of the newest 200 slots',
      value: async (of) =>
        count(
          (await of.newest('/screening/hospitals')).reduce(
            (sum, each) => sum + (each.pcnt ?? 0),
            0,
          ),
        ),
    },
  ],
  invariants: [
    {
      title: 'Places are never negative',
      means: 'No slot gives away more places than it has.',
      check: async (of) =>
        outcome(
          await of.newest('/screening/hospitals'),
          'the newest slots',
          (each) => (each.pcnt ?? 0) < 0 && `hospital ${each.id} has ${each.pcnt} places`,
        ),
    },
    {
      title: 'One entry in the ledger for each screening',
      means: 'A completed request stands in the ledger under its id, once.',
      settles: 3000,
      check: async (of) => {
        const done = (await of.newest('/screening/screenings')).filter(
          (each) => each.status === 'REQUEST_COMPLETED',
        );
        const pairs = await of.belonging(done, '/screening/reservations', 'screeningId');
        return outcome(
          pairs,
          'the newest completed requests',
          ([each, rows]) =>
            rows.length !== 1 && `screening ${each.id} stands there ${rows.length} times`,
        );
      },
    },
    {
      title: 'Ledger and screening agree on the end',
      means: 'What was cancelled is cancelled in the ledger too, a moment later.',
      settles: 3000,
      check: async (of) => {
        const ended = (await of.newest('/screening/screenings')).filter(
          (each) => ENDED[each.status],
        );
        const pairs = await of.belonging(ended, '/screening/reservations', 'screeningId');
        return outcome(
          pairs,
          'the newest cancelled ones',
          ([each, rows]) =>
            rows.some((row) => row.status !== ENDED[each.status]) &&
            `screening ${each.id}: ${each.status}, ledger ${rows[0].status}`,
        );
      },
    },
  ],
};
