import { count } from '../parts/format.js';
import { outcome } from './sample.js';

const approved = (rows) => rows.filter((each) => each.status === 'PayApproved');
const canceled = (rows) => rows.filter((each) => each.status === 'PayCanceled');

export default {
  about: 'Hosts offer rooms, guests book and pay for them and tell what they think.',
  numbers: [
    { title: 'Rooms', unit: 'offered', value: async (of) => count(await of.total('/mybnb/rooms')) },
    {
      title: 'Bookings',
      unit: 'that stand',
      value: async (of) => count(await of.total('/mybnb/bookings')),
    },
    {
      title: 'Cancelled',
      unit: 'payments given back',
      value: async (of) => count(await of.total('/mybnb/payments', 'status=PayCanceled')),
    },
    {
      title: 'Reviews',
      unit: 'written',
      value: async (of) => count(await of.total('/mybnb/reviews')),
    },
    { title: 'Alarms', unit: 'told', value: async (of) => count(await of.total('/mybnb/alarms')) },
    {
      title: 'Booked, newest 200',
      unit: 'sum of prices',
      value: async (of) =>
        count(
          (await of.newest('/mybnb/bookings')).reduce((sum, each) => sum + (each.price ?? 0), 0),
        ),
    },
  ],
  invariants: [
    {
      title: 'No booking without payment',
      means: 'A booking stands only with its payment approved.',
      check: async (of) => {
        const pairs = await of.belonging(
          await of.newest('/mybnb/bookings'),
          '/mybnb/payments',
          'bookId',
        );
        return outcome(
          pairs,
          'the newest bookings',
          ([each, rows]) =>
            approved(rows).length !== 1 &&
            `booking ${each.id} has ${approved(rows).length} payments`,
        );
      },
    },
    {
      title: 'Money is conserved',
      means: 'What was paid is what the booking costs.',
      check: async (of) => {
        const pairs = await of.belonging(
          await of.newest('/mybnb/bookings'),
          '/mybnb/payments',
          'bookId',
        );
        return outcome(
          pairs,
          'the newest bookings',
          ([each, rows]) =>
            approved(rows).some((row) => row.price !== each.price) &&
            `booking ${each.id}: ${each.price} booked, ${rows[0].price} paid`,
        );
      },
    },
    {
      title: 'A payment is given back at most once',
      means: 'A cancelled booking has exactly one row PayCanceled.',
      check: async (of) => {
        const rows = canceled(await of.newest('/mybnb/payments'));
        const times = new Map();
        for (const each of rows) times.set(each.bookId, (times.get(each.bookId) ?? 0) + 1);
        return outcome(
          [...times],
          'the newest payments',
          ([booking, n]) => n !== 1 && `booking ${booking} was given back ${n} times`,
        );
      },
    },
    {
      title: 'No room without approval',
      means: 'A room is offered only once it was approved.',
      check: async (of) => {
        const pairs = await of.belonging(await of.newest('/mybnb/rooms'), '/mybnb/auths', 'roomId');
        return outcome(
          pairs,
          'the newest rooms',
          ([each, rows]) => rows.length === 0 && `room ${each.id} was never approved`,
        );
      },
    },
  ],
};
