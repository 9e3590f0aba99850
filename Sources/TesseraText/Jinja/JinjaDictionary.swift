/// A dictionary that keeps the order of its keys, as Python's.
package struct JinjaDictionary: Sendable, Equatable {
  package private(set) var keys: [JinjaValue] = []
  package private(set) var values: [JinjaValue] = []
  private var places: [JinjaValue: Int] = [:]

  package init() {}

  package init(_ pairs: [(String, JinjaValue)]) {
    for (key, value) in pairs { self[.text(key)] = value }
  }

  package var count: Int { keys.count }

  package subscript(key: JinjaValue) -> JinjaValue? {
    get { places[key].map { values[$0] } }
    set {
      guard let newValue else { return remove(key) }
      if let place = places[key] {
        values[place] = newValue
      } else {
        places[key] = keys.count
        keys.append(key)
        values.append(newValue)
      }
    }
  }

  package subscript(name: String) -> JinjaValue? { self[.text(name)] }

  /// Key and value as tuples.
  package var items: [JinjaValue] { zip(keys, values).map { .tuple([$0, $1]) } }

  private mutating func remove(_ key: JinjaValue) {
    guard let place = places[key] else { return }
    keys.remove(at: place)
    values.remove(at: place)
    places = Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1, $0) })
  }

  /// The order counts for nothing.
  package static func == (a: JinjaDictionary, b: JinjaDictionary) -> Bool {
    a.count == b.count && zip(a.keys, a.values).allSatisfy { b[$0] == $1 }
  }
}
