internal import TesseraCore

/// The element type of a stored array, those that tensors do not have among them.
struct ElementType: Sendable, Equatable {
  /// The format's name of it.
  let code: String
  /// Bytes an element; nil where it is not known.
  let byteCount: Int?
  /// What a tensor of it is; nil where no tensor has such elements.
  let dataType: DataType?
  /// How it is read as a whole number.
  let integer: Integer?

  enum Integer: Sendable {
    case unsigned, signed
  }

  private static let types: [(safetensors: String, npy: String, byteCount: Int, DataType?, Integer?)] = [
    ("U8", "|u1", 1, .uint8, .unsigned), ("I64", "<i8", 8, .int64, .signed), ("F16", "<f2", 2, .float16, nil),
    ("BF16", "<V2", 2, .bfloat16, nil), ("F32", "<f4", 4, .float32, nil), ("BOOL", "|b1", 1, nil, .unsigned),
    ("I8", "|i1", 1, nil, .signed), ("I16", "<i2", 2, nil, .signed), ("U16", "<u2", 2, nil, .unsigned),
    ("I32", "<i4", 4, nil, .signed), ("U32", "<u4", 4, nil, .unsigned), ("U64", "<u8", 8, nil, .unsigned),
    ("F64", "<f8", 8, nil, nil), ("C64", "<c8", 8, nil, nil), ("F8_E4M3", "", 1, nil, nil),
    ("F8_E5M2", "", 1, nil, nil), ("", "<c16", 16, nil, nil),
  ]

  init(safetensors code: String) {
    self.init(code, Self.types.first { $0.safetensors == code })
  }

  init(npy code: String) {
    self.init(code, Self.types.first { $0.npy == code })
  }

  private init(_ code: String, _ type: (String, String, byteCount: Int, DataType?, Integer?)?) {
    self.code = code
    byteCount = type?.byteCount
    dataType = type?.3
    integer = type?.4
  }
}
