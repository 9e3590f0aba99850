/// The attributes by which a question names an object.
struct ShapesReference: OptionSet {
  let rawValue: Int

  static let size = ShapesReference(rawValue: 1)
  static let colour = ShapesReference(rawValue: 2)
  static let shape = ShapesReference(rawValue: 4)
  /// All eight sets of attributes.
  static let all = (0..<8).map { ShapesReference(rawValue: $0) }

  /// `small red circle`, `red object`, `object`.
  func name(_ object: ShapesObject) -> String {
    var words: [String] = []
    if contains(.size) { words.append(object.size.rawValue) }
    if contains(.colour) { words.append(object.pair.colour.rawValue) }
    words.append(contains(.shape) ? object.pair.shape.rawValue : "object")
    return words.joined(separator: " ")
  }
}

extension ShapesScene {
  /// The names of object `index` that fit no other object, without the attributes in `hidden`.
  func names(of index: Int, hiding hidden: ShapesReference = []) -> [String] {
    ShapesReference.all.filter { $0.isDisjoint(with: hidden) }.compactMap { reference in
      let name = reference.name(objects[index])
      return objects.filter { reference.name($0) == name }.count == 1 ? name : nil
    }
  }
}
