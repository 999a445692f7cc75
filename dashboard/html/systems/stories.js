// What each business system is about: its numbers, and what must always hold.

import edu from './edu.js';
import mybnb from './mybnb.js';
import screening from './screening.js';
import siren from './siren.js';
import taxi from './taxi.js';

export default { taxi, screening, siren, mybnb, edu };
