/**
 * What the server is and has, fetched once, and again when the reader asks.
 */
import { computed } from '@preact/signals';
import * as api from '../api/routes.ts';
import { remote } from './remote.ts';

export const systemState = remote(api.system);
export const system = computed(() => systemState.state.value.value);
