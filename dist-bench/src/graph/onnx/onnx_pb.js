// The part of the ONNX model format that this project writes (IR version 10).
// Field names and numbers are those of the ONNX specification, https://onnx.ai/onnx/repo-docs/IR.html;
// fields that are never written are left out, which protobuf allows.
import { enumDesc, fileDesc, messageDesc } from "@bufbuild/protobuf/codegenv2";
/**
 * Describes the file onnx.proto.
 */
export const file_onnx = /*@__PURE__*/ fileDesc("Cgpvbm54LnByb3RvEgRvbm54IqIBCgpNb2RlbFByb3RvEhIKCmlyX3ZlcnNpb24YASABKAMSFQoNcHJvZHVjZXJfbmFtZRgCIAEoCRIYChBwcm9kdWNlcl92ZXJzaW9uGAMgASgJEh8KBWdyYXBoGAcgASgLMhAub25ueC5HcmFwaFByb3RvEi4KDG9wc2V0X2ltcG9ydBgIIAMoCzIYLm9ubnguT3BlcmF0b3JTZXRJZFByb3RvIjUKEk9wZXJhdG9yU2V0SWRQcm90bxIOCgZkb21haW4YASABKAkSDwoHdmVyc2lvbhgCIAEoAyKsAQoKR3JhcGhQcm90bxIdCgRub2RlGAEgAygLMg8ub25ueC5Ob2RlUHJvdG8SDAoEbmFtZRgCIAEoCRImCgtpbml0aWFsaXplchgFIAMoCzIRLm9ubnguVGVuc29yUHJvdG8SIwoFaW5wdXQYCyADKAsyFC5vbm54LlZhbHVlSW5mb1Byb3RvEiQKBm91dHB1dBgMIAMoCzIULm9ubnguVmFsdWVJbmZvUHJvdG8iggEKCU5vZGVQcm90bxINCgVpbnB1dBgBIAMoCRIOCgZvdXRwdXQYAiADKAkSDAoEbmFtZRgDIAEoCRIPCgdvcF90eXBlGAQgASgJEicKCWF0dHJpYnV0ZRgFIAMoCzIULm9ubnguQXR0cmlidXRlUHJvdG8SDgoGZG9tYWluGAcgASgJIq0CCg5BdHRyaWJ1dGVQcm90bxIMCgRuYW1lGAEgASgJEgkKAWYYAiABKAISCQoBaRgDIAEoAxIJCgFzGAQgASgMEhwKAXQYBSABKAsyES5vbm54LlRlbnNvclByb3RvEg4KBmZsb2F0cxgHIAMoAhIMCgRpbnRzGAggAygDEg8KB3N0cmluZ3MYCSADKAwSMAoEdHlwZRgUIAEoDjIiLm9ubnguQXR0cmlidXRlUHJvdG8uQXR0cmlidXRlVHlwZSJtCg1BdHRyaWJ1dGVUeXBlEg0KCVVOREVGSU5FRBAAEgkKBUZMT0FUEAESBwoDSU5UEAISCgoGU1RSSU5HEAMSCgoGVEVOU09SEAQSCgoGRkxPQVRTEAYSCAoESU5UUxAHEgsKB1NUUklOR1MQCCLlAQoLVGVuc29yUHJvdG8SDAoEZGltcxgBIAMoAxIRCglkYXRhX3R5cGUYAiABKAUSDAoEbmFtZRgIIAEoCRIQCghyYXdfZGF0YRgJIAEoDBIzCg1leHRlcm5hbF9kYXRhGA0gAygLMhwub25ueC5TdHJpbmdTdHJpbmdFbnRyeVByb3RvEjUKDWRhdGFfbG9jYXRpb24YDiABKA4yHi5vbm54LlRlbnNvclByb3RvLkRhdGFMb2NhdGlvbiIpCgxEYXRhTG9jYXRpb24SCwoHREVGQVVMVBAAEgwKCEVYVEVSTkFMEAEiNAoWU3RyaW5nU3RyaW5nRW50cnlQcm90bxILCgNrZXkYASABKAkSDQoFdmFsdWUYAiABKAkiPQoOVmFsdWVJbmZvUHJvdG8SDAoEbmFtZRgBIAEoCRIdCgR0eXBlGAIgASgLMg8ub25ueC5UeXBlUHJvdG8ihwEKCVR5cGVQcm90bxItCgt0ZW5zb3JfdHlwZRgBIAEoCzIWLm9ubnguVHlwZVByb3RvLlRlbnNvckgAGkIKBlRlbnNvchIRCgllbGVtX3R5cGUYASABKAUSJQoFc2hhcGUYAiABKAsyFi5vbm54LlRlbnNvclNoYXBlUHJvdG9CBwoFdmFsdWUigQEKEFRlbnNvclNoYXBlUHJvdG8SLQoDZGltGAEgAygLMiAub25ueC5UZW5zb3JTaGFwZVByb3RvLkRpbWVuc2lvbho+CglEaW1lbnNpb24SEwoJZGltX3ZhbHVlGAEgASgDSAASEwoJZGltX3BhcmFtGAIgASgJSABCBwoFdmFsdWU");
/**
 * Describes the message onnx.ModelProto.
 * Use `create(ModelProtoSchema)` to create a new message.
 */
export const ModelProtoSchema = /*@__PURE__*/ messageDesc(file_onnx, 0);
/**
 * Describes the message onnx.OperatorSetIdProto.
 * Use `create(OperatorSetIdProtoSchema)` to create a new message.
 */
export const OperatorSetIdProtoSchema = /*@__PURE__*/ messageDesc(file_onnx, 1);
/**
 * Describes the message onnx.GraphProto.
 * Use `create(GraphProtoSchema)` to create a new message.
 */
export const GraphProtoSchema = /*@__PURE__*/ messageDesc(file_onnx, 2);
/**
 * Describes the message onnx.NodeProto.
 * Use `create(NodeProtoSchema)` to create a new message.
 */
export const NodeProtoSchema = /*@__PURE__*/ messageDesc(file_onnx, 3);
/**
 * Describes the message onnx.AttributeProto.
 * Use `create(AttributeProtoSchema)` to create a new message.
 */
export const AttributeProtoSchema = /*@__PURE__*/ messageDesc(file_onnx, 4);
/**
 * @generated from enum onnx.AttributeProto.AttributeType
 */
export var AttributeProto_AttributeType;
(function (AttributeProto_AttributeType) {
    /**
     * @generated from enum value: UNDEFINED = 0;
     */
    AttributeProto_AttributeType[AttributeProto_AttributeType["UNDEFINED"] = 0] = "UNDEFINED";
    /**
     * @generated from enum value: FLOAT = 1;
     */
    AttributeProto_AttributeType[AttributeProto_AttributeType["FLOAT"] = 1] = "FLOAT";
    /**
     * @generated from enum value: INT = 2;
     */
    AttributeProto_AttributeType[AttributeProto_AttributeType["INT"] = 2] = "INT";
    /**
     * @generated from enum value: STRING = 3;
     */
    AttributeProto_AttributeType[AttributeProto_AttributeType["STRING"] = 3] = "STRING";
    /**
     * @generated from enum value: TENSOR = 4;
     */
    AttributeProto_AttributeType[AttributeProto_AttributeType["TENSOR"] = 4] = "TENSOR";
    /**
     * @generated from enum value: FLOATS = 6;
     */
    AttributeProto_AttributeType[AttributeProto_AttributeType["FLOATS"] = 6] = "FLOATS";
    /**
     * @generated from enum value: INTS = 7;
     */
    AttributeProto_AttributeType[AttributeProto_AttributeType["INTS"] = 7] = "INTS";
    /**
     * @generated from enum value: STRINGS = 8;
     */
    AttributeProto_AttributeType[AttributeProto_AttributeType["STRINGS"] = 8] = "STRINGS";
})(AttributeProto_AttributeType || (AttributeProto_AttributeType = {}));
/**
 * Describes the enum onnx.AttributeProto.AttributeType.
 */
export const AttributeProto_AttributeTypeSchema = /*@__PURE__*/ enumDesc(file_onnx, 4, 0);
/**
 * Describes the message onnx.TensorProto.
 * Use `create(TensorProtoSchema)` to create a new message.
 */
export const TensorProtoSchema = /*@__PURE__*/ messageDesc(file_onnx, 5);
/**
 * @generated from enum onnx.TensorProto.DataLocation
 */
export var TensorProto_DataLocation;
(function (TensorProto_DataLocation) {
    /**
     * @generated from enum value: DEFAULT = 0;
     */
    TensorProto_DataLocation[TensorProto_DataLocation["DEFAULT"] = 0] = "DEFAULT";
    /**
     * @generated from enum value: EXTERNAL = 1;
     */
    TensorProto_DataLocation[TensorProto_DataLocation["EXTERNAL"] = 1] = "EXTERNAL";
})(TensorProto_DataLocation || (TensorProto_DataLocation = {}));
/**
 * Describes the enum onnx.TensorProto.DataLocation.
 */
export const TensorProto_DataLocationSchema = /*@__PURE__*/ enumDesc(file_onnx, 5, 0);
/**
 * Describes the message onnx.StringStringEntryProto.
 * Use `create(StringStringEntryProtoSchema)` to create a new message.
 */
export const StringStringEntryProtoSchema = /*@__PURE__*/ messageDesc(file_onnx, 6);
/**
 * Describes the message onnx.ValueInfoProto.
 * Use `create(ValueInfoProtoSchema)` to create a new message.
 */
export const ValueInfoProtoSchema = /*@__PURE__*/ messageDesc(file_onnx, 7);
/**
 * Describes the message onnx.TypeProto.
 * Use `create(TypeProtoSchema)` to create a new message.
 */
export const TypeProtoSchema = /*@__PURE__*/ messageDesc(file_onnx, 8);
/**
 * Describes the message onnx.TypeProto.Tensor.
 * Use `create(TypeProto_TensorSchema)` to create a new message.
 */
export const TypeProto_TensorSchema = /*@__PURE__*/ messageDesc(file_onnx, 8, 0);
/**
 * Describes the message onnx.TensorShapeProto.
 * Use `create(TensorShapeProtoSchema)` to create a new message.
 */
export const TensorShapeProtoSchema = /*@__PURE__*/ messageDesc(file_onnx, 9);
/**
 * Describes the message onnx.TensorShapeProto.Dimension.
 * Use `create(TensorShapeProto_DimensionSchema)` to create a new message.
 */
export const TensorShapeProto_DimensionSchema = /*@__PURE__*/ messageDesc(file_onnx, 9, 0);
//# sourceMappingURL=onnx_pb.js.map