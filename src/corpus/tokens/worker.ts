/**
 * The worker of a token cache: makes shards.
 */
import { serve } from '../workers.ts';
import { makeShard, type Shard, type ShardJob } from './shard.ts';

serve<ShardJob, Shard>(makeShard);
