internal import TesseraCore
internal import TesseraTransforms

/// Which of a file's arrays are the pictures, the labels and the rest.
struct ArrayChoice {
  let images: String?
  let labels: String?
  let tensors: [String]?

  /// Whether an array that nobody named is left out: a tensor cannot have its elements.
  func isLeftOut(_ array: StoredArray) -> Bool {
    array.type.dataType == nil && !(array.name == labels ?? "labels" && array.isIntegers)
  }

  /// - Throws: `invalidArgument` for a name that is not there, `unsupported` for a type that no tensor has.
  func choose(_ arrays: [StoredArray]) throws -> (StoredArray?, StoredArray?, [StoredArray]) {
    let pictures = try find(images ?? "images", in: arrays, isNamed: images != nil)
    var classes = try find(labels ?? "labels", in: arrays, isNamed: labels != nil)
    var others: [StoredArray] = []
    if let found = classes, !found.isIntegers {
      if labels != nil || found.type.dataType != nil { others.append(found) }
      classes = nil
    }
    if let tensors {
      others += try tensors.compactMap { try find($0, in: arrays, isNamed: true) }
    } else {
      let taken = [pictures?.name, classes?.name] + others.map(\.name)
      others += arrays.filter { !taken.contains($0.name) && !isLeftOut($0) }
    }
    for array in [pictures].compactMap({ $0 }) + others where array.type.dataType == nil {
      throw TesseraError(
        .unsupported(
          format: "the array '\(array.name)'",
          feature:
            "its type \(array.type.code) (\(DataType.allCases.map(\.rawValue).joined(separator: ", ")))"))
    }
    return (pictures, classes, others.sorted { $0.name < $1.name })
  }

  private func find(_ name: String, in arrays: [StoredArray], isNamed: Bool) throws -> StoredArray? {
    if let found = arrays.first(where: { $0.name == name }) { return found }
    guard isNamed else { return nil }
    let names = arrays.map(\.name)
    throw TesseraError(
      .invalidArgument(
        name: "the array's name",
        expected: names.isEmpty ? "in the file" : names.sorted().joined(separator: " or "),
        got: "'\(name)'" + Suggestion.near(name, among: names)))
  }
}

extension ArrayFile {
  /// Files of one array each as one file of all.
  init(joining files: [ArrayFile]) {
    path = files.first?.path ?? ""
    arrays = files.flatMap(\.arrays)
  }

  /// The names of the classes that `tessera preprocess` leaves in the metadata; none where there are none.
  func classes() throws -> [String] {
    guard let text = metadata["classes"] else { return [] }
    // Another program may keep something else under the name.
    guard case .array(let values)? = try? JSONReader.read(Array(text.utf8)) else { return [] }
    let names = values.compactMap { value -> String? in
      if case .string(let name) = value { name } else { nil }
    }
    return names.count == values.count ? names : []
  }
}
