import { count } from '../parts/format.js';
import { outcome } from './sample.js';

const lower = (text) => String(text ?? '').toLowerCase();
const isCanceled = (each) => lower(each.status).includes('cancel');

export default {
  about: 'Customers apply and pay for courses, are enrolled in them and complete them.',
  numbers: [
    {
      title: 'Applications',
      unit: 'ever made',
      value: async (of) => count(await of.total('/edu/eduApplications')),
    },
    {
      title: 'Enrolments',
      unit: 'in courses',
      value: async (of) => count(await of.total('/edu/educations')),
    },
    {
      title: 'Payments',
      unit: 'of applications',
      value: async (of) => count(await of.total('/edu/payments')),
    },
    { title: 'My page', unit: 'rows', value: async (of) => count(await of.total('/edu/mypages')) },
  ],
  invariants: [
    {
      title: 'No unpaid application',
      means: 'An application is taken only once it is paid.',
      check: async (of) => {
        const pairs = await of.belonging(
          await of.newest('/edu/eduApplications'),
          '/edu/payments',
          'appId',
        );
        return outcome(
          pairs,
          'the newest applications',
          ([each, rows]) =>
            rows.length !== 1 && `application ${each.id} has ${rows.length} payments`,
        );
      },
    },
    {
      title: 'Cancelled means given back',
      means: 'A cancelled application ends with its payment cancelled, a moment later.',
      settles: 3000,
      check: async (of) => {
        const ended = (await of.newest('/edu/eduApplications')).filter(isCanceled);
        const pairs = await of.belonging(ended, '/edu/payments', 'appId');
        return outcome(
          pairs,
          'the newest cancelled ones',
          ([each, rows]) =>
            rows.some((row) => !isCanceled(row)) &&
            `application ${each.id} is cancelled, its payment ${rows[0].status}`,
        );
      },
    },
    {
      title: 'No enrolment in what was cancelled',
      means: 'Who cancelled is not enrolled, in whatever order that was heard.',
      settles: 3000,
      check: async (of) => {
        const ended = (await of.newest('/edu/eduApplications')).filter(isCanceled);
        const pairs = await of.belonging(ended, '/edu/educations', 'appId');
        return outcome(
          pairs,
          'the newest cancelled ones',
          ([each, rows]) =>
            rows.some((row) => !isCanceled(row)) && `application ${each.id} is still enrolled`,
        );
      },
    },
  ],
};
