/// What the command line says.
struct Settings {
  var directory = ""
  var picture = ""
  var threads = 2
  var promptTokens = 256
  var newTokens = 64
  var repeats = 5

  struct Mistake: Error, CustomStringConvertible {
    let description: String
  }

  init(_ arguments: [String]) throws {
    var (places, index): ([String], Int) = ([], 0)
    while index < arguments.count {
      let name = arguments[index]
      index += 1
      guard name.hasPrefix("--") else {
        places.append(name)
        continue
      }
      guard index < arguments.count, let value = Int(arguments[index]), value > 0 else {
        throw Mistake(description: "\(name) takes a positive number")
      }
      index += 1
      switch name {
      case "--threads": threads = value
      case "--prompt-tokens": promptTokens = value
      case "--new-tokens": newTokens = value
      case "--repeat": repeats = value
      default: throw Mistake(description: "no option \(name)")
      }
    }
    guard places.count == 2 else { throw Mistake(description: "two arguments: DIR PICTURE") }
    guard newTokens > 1 else {
      throw Mistake(description: "--new-tokens: 2 or more, for decoding to be timed")
    }
    (directory, picture) = (places[0], places[1])
  }
}
