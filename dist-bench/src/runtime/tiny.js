/** The ONNX protobuf (tiny.test.ts makes it); as bytes, because this floor does not build graphs. */
const protobuf = 'CAo6PwoTCgF4CgF4EgF5GgNhZGQiA0FkZBIEdGlueVoQCgF4EgsKCQgBEgUKAxIBbmIQCgF5EgsKCQgBEgUKAxIBbkIECgAQFQ==';
export const tinyModel = {
    bytes: Uint8Array.from(atob(protobuf), (character) => character.charCodeAt(0)),
};
//# sourceMappingURL=tiny.js.map