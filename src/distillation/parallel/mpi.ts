/**
 * The collective of processes that an MPI launcher started: calls the MPI library of the machine through koffi, on our
 * arrays in place. MPI: A Message-Passing Interface Standard 3.1, chapters 5 (collectives) and 8.7 (start).
 *
 * A library spins while it waits. So every call is preceded by a barrier that is polled: waiting for a slower process
 * costs next to nothing, and signals are heard.
 */
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { RuntimeError } from '../../errors.ts';
import type { Collective } from './collective.ts';
import type { Launch, MpiFamily } from './launch.ts';

type Koffi = typeof import('koffi')['default'];
type Library = ReturnType<Koffi['load']>;
type Pointer = bigint | object | null;
type Handle = bigint | number | object;

/** What the standard leaves to an implementation. */
interface Abi {
  /** Names to look for, in this order. */
  readonly libraries: readonly string[];
  /** C type of a handle. */
  readonly handle: 'void *' | 'int';
  readonly inPlace: bigint;
  /** Environment variables for the library, where the user has not set them. */
  readonly settings: Readonly<Record<string, string>>;
  handles(library: Library): Handles;
}

interface Handles {
  readonly world: Handle;
  readonly float: Handle;
  readonly double: Handle;
  readonly byte: Handle;
  readonly sum: Handle;
  readonly max: Handle;
}

const abis: Readonly<Record<MpiFamily, Abi>> = {
  /** ompi/include/mpi.h.in: handles are addresses of variables. */
  openmpi: {
    libraries: ['libmpi.so.40', 'libmpi.so', 'libmpi.40.dylib', 'libmpi.dylib'],
    handle: 'void *',
    inPlace: 1n,
    // Cores that spin have no time for the others' work.
    settings: { OMPI_MCA_mpi_yield_when_idle: '1' },
    handles: (library) => {
      const address = (name: string): Handle => library.symbol(name, 'char') as Handle;
      return {
        world: address('ompi_mpi_comm_world'),
        float: address('ompi_mpi_float'),
        double: address('ompi_mpi_double'),
        byte: address('ompi_mpi_byte'),
        sum: address('ompi_mpi_op_sum'),
        max: address('ompi_mpi_op_max'),
      };
    },
  },
  /** The MPICH ABI compatibility initiative: handles are numbers. */
  mpich: {
    libraries: ['libmpi.so.12', 'libmpich.so.12', 'libmpi.12.dylib'],
    handle: 'int',
    inPlace: 0xffff_ffff_ffff_ffffn,
    settings: {},
    handles: () => ({
      world: 0x44000000,
      float: 0x4c00040a,
      double: 0x4c00080b,
      byte: 0x4c00010d,
      sum: 0x58000003,
      max: 0x58000001,
    }),
  },
};

/**
 * Joins the other processes of the launch. Throws RuntimeError if koffi or the library is missing, or the library did not
 * find the others.
 */
export async function openMpi({ family, rank, size, localRank }: Launch): Promise<Collective> {
  const mpi = bind(await loadKoffi(), abis[family], family);
  mpi.start();
  if (mpi.rank() !== rank || mpi.size() !== size) {
    throw new RuntimeError(
      `The launcher started process ${rank} of ${size}, but the MPI library says ${mpi.rank()} of ${mpi.size()}.`,
      'Use the mpirun that belongs to the library; KSD_MPI_LIBRARY names another library.',
    );
  }
  return collectiveOf(mpi, { rank, size, localRank });
}

async function loadKoffi(): Promise<Koffi> {
  try {
    return (await import('koffi')).default;
  } catch (cause) {
    throw new RuntimeError(
      'koffi, which calls the MPI library, is not installed.',
      'Run `npm install` again without --omit=optional; or train in one process.',
      { cause },
    );
  }
}

function open(koffi: Koffi, { libraries }: Abi, family: MpiFamily): Library {
  const wanted = process.env['KSD_MPI_LIBRARY'];
  const names = wanted === undefined ? libraries : [wanted];
  const failures: unknown[] = [];
  for (const name of names) {
    try {
      // Its plug-ins look for its symbols.
      return koffi.load(name, { global: true });
    } catch (cause) {
      failures.push(cause);
    }
  }
  throw new RuntimeError(
    `No MPI library (${family}) was found: ${names.join(', ')}.`,
    'Install it (Debian: openmpi-bin), or name its file in KSD_MPI_LIBRARY.',
    { cause: failures[0] },
  );
}

/** The functions that are used, with what is the same in all calls filled in. */
interface Mpi {
  start(): void;
  rank(): number;
  size(): number;
  allReduce(values: Float32Array | Float64Array, operation: 'sum' | 'max'): void;
  broadcast(bytes: Uint8Array): void;
  /** Begins a barrier; the function says whether all are there. */
  beginBarrier(): () => boolean;
  end(): void;
}

/** MPI_THREAD_FUNNELED: other threads exist, but none of them calls MPI. */
const funneled = 1;

function bind(koffi: Koffi, abi: Abi, family: MpiFamily): Mpi {
  for (const [name, value] of Object.entries(abi.settings)) process.env[name] ??= value;
  const library = open(koffi, abi, family);
  const { world, float, double, byte, ...operations } = abi.handles(library);
  const call = (name: string, parameters: string) => {
    const run = library.func(`int MPI_${name}(${parameters.replaceAll('handle', abi.handle)})`);
    return (...values: readonly (Pointer | Handle | NodeJS.TypedArray)[]) => {
      const status = run(...values) as number;
      if (status !== 0) {
        throw new RuntimeError(`MPI_${name} failed with code ${status}.`, 'Start the processes again.');
      }
    };
  };
  const init = call('Init_thread', 'void *, void *, int, void *');
  const rank = call('Comm_rank', 'handle, void *');
  const size = call('Comm_size', 'handle, void *');
  const allReduce = call('Allreduce', 'void *, void *, int, handle, handle, handle');
  const broadcast = call('Bcast', 'void *, int, handle, int, handle');
  const barrier = call('Ibarrier', 'handle, void *');
  const test = call('Test', 'void *, void *, void *');
  const finalize = call('Finalize', '');
  const numberFrom = (ask: (into: Int32Array) => void) => {
    const into = new Int32Array(1);
    ask(into);
    return into[0]!;
  };
  // Room for the largest MPI_Status; what stands there is not read.
  const status = new Uint8Array(64);
  return {
    start: () => init(null, null, funneled, new Int32Array(1)),
    rank: () => numberFrom((into) => rank(world, into)),
    size: () => numberFrom((into) => size(world, into)),
    allReduce: (values, operation) => {
      const type = values instanceof Float32Array ? float : double;
      allReduce(abi.inPlace, values, values.length, type, operations[operation], world);
    },
    broadcast: (bytes) => broadcast(bytes, bytes.length, byte, 0, world),
    beginBarrier: () => {
      // An address or a number, of 8 bytes at most.
      const request = new BigUint64Array(1);
      barrier(world, request);
      return () => numberFrom((done) => test(request, done, status)) !== 0;
    },
    end: finalize,
  };
}

/** Bytes of an array that are exchanged in one call: the library needs as much again. */
const chunkBytes = 64 * 2 ** 20;

/** Bytes from which an array is exchanged by itself. Smaller ones go together: a call takes its time, however little it has. */
const largeBytes = 2 ** 20;

/** Milliseconds for which a barrier is polled without a pause: processes of equal speed meet within them. */
const eagerness = 2;

function collectiveOf(mpi: Mpi, place: Pick<Collective, 'rank' | 'size' | 'localRank'>): Collective {
  const barrier = async () => {
    const allHere = mpi.beginBarrier();
    const began = performance.now();
    while (!allHere()) await (performance.now() - began < eagerness ? turn() : sleep(1));
  };
  return {
    ...place,
    sum: async (...arrays) => {
      await barrier();
      const [large, small] = [arrays.filter(isLarge), arrays.filter((values) => !isLarge(values))];
      for (const values of large) for (const chunk of chunks(values)) mpi.allReduce(chunk, 'sum');
      together(small, (all) => mpi.allReduce(all, 'sum'));
    },
    max: async (values) => {
      await barrier();
      mpi.allReduce(values, 'max');
    },
    broadcast: async (bytes) => {
      await barrier();
      for (const chunk of chunks(bytes)) mpi.broadcast(chunk);
    },
    barrier,
    close: async () => {
      await barrier();
      mpi.end();
    },
  };
}

type Floats = Float32Array | Float64Array;

function isLarge(values: Floats): boolean {
  return values.byteLength >= largeBytes;
}

/** Gives `exchange` the values of all arrays of a type in one, and puts back what it makes of them. */
function together(arrays: readonly Floats[], exchange: (all: Floats) => void): void {
  for (const Type of [Float32Array, Float64Array]) {
    const some = arrays.filter((values) => values instanceof Type);
    if (some.length === 0) continue;
    const all = new Type(some.reduce((length, values) => length + values.length, 0));
    let at = 0;
    for (const values of some) {
      all.set(values, at);
      at += values.length;
    }
    exchange(all);
    at = 0;
    for (const values of some) {
      values.set(all.subarray(at, at + values.length));
      at += values.length;
    }
  }
}

function* chunks<Values extends Floats | Uint8Array>(values: Values): Generator<Values, void, void> {
  const length = chunkBytes / values.BYTES_PER_ELEMENT;
  for (let begin = 0; begin < values.length; begin += length) {
    yield values.subarray(begin, begin + length) as Values;
  }
}
