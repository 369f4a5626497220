/**
 * The worker of a build: makes parts.
 */
import { serve } from '../workers.ts';
import { makePart, type Part, type PartJob } from './part.ts';

serve<PartJob, Part>(makePart);
