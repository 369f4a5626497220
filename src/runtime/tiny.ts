/**
 * The smallest model that shows whether a device works: y = x + x, on vectors of float32.
 */
import type { ModelBytes } from './session.ts';

/** The ONNX protobuf (tiny.test.ts makes it); as bytes, because this floor does not build graphs. */
const protobuf =
  'CAo6PwoTCgF4CgF4EgF5GgNhZGQiA0FkZBIEdGlueVoQCgF4EgsKCQgBEgUKAxIBbmIQCgF5EgsKCQgBEgUKAxIBbkIECgAQFQ==';

export const tinyModel: ModelBytes = {
  bytes: Uint8Array.from(atob(protobuf), (character) => character.charCodeAt(0)),
};
