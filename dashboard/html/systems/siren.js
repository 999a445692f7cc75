import { count } from '../parts/format.js';
import { outcome } from './sample.js';

export default {
  about: 'Customers order products that are available, at the price of that moment.',
  numbers: [
    {
      title: 'Orders',
      unit: 'ever placed',
      value: async (of) => count(await of.total('/siren/orders')),
    },
    {
      title: 'Products',
      unit: 'known',
      value: async (of) => count(await of.total('/siren/products')),
    },
    {
      title: 'Available',
      unit: 'products',
      value: async (of) => count(await of.total('/siren/products', 'status=Available')),
    },
    {
      title: 'Sold, newest 200',
      unit: 'sum of prices',
      value: async (of) =>
        count((await of.newest('/siren/orders')).reduce((sum, each) => sum + (each.price ?? 0), 0)),
    },
  ],
  invariants: [
    {
      title: 'Nothing is ordered free of charge',
      means: 'Each order has the price that its product had then, above zero.',
      check: async (of) =>
        outcome(
          await of.newest('/siren/orders'),
          'the newest orders',
          (each) => !(each.price > 0) && `order ${each.id} costs ${each.price}`,
        ),
    },
    {
      title: 'No order without its product',
      means: 'What was ordered is a product that there is.',
      check: async (of) => {
        const orders = await of.newest('/siren/orders');
        const known = new Set((await of.newest('/siren/products')).map((each) => each.id));
        const checked = [];
        for (const id of new Set(orders.map((each) => each.productId))) {
          const found = known.has(id) ? true : await of.one('/siren/products', id);
          if (found !== null) checked.push([id, found]);
        }
        return outcome(
          checked,
          'products of the newest orders',
          ([id, found]) => found === undefined && `product ${id} is unknown`,
        );
      },
    },
    {
      title: 'The copy follows the products',
      means: 'The order service sees each product as it is, a moment later.',
      settles: 3000,
      check: async (of) => {
        const copies = new Map(
          (await of.newest('/siren/orderProducts')).map((each) => [each.id, each]),
        );
        const both = (await of.newest('/siren/products')).filter((each) => copies.has(each.id));
        return outcome(
          both,
          'the newest products',
          (each) =>
            copies.get(each.id).status !== each.status &&
            `product ${each.id} is ${each.status}, its copy ${copies.get(each.id).status}`,
        );
      },
    },
  ],
};
