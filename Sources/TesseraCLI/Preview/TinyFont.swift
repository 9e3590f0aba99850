/// A bitmap font of 5×7 pixels: Latin letters, digits and the signs of file names.
///
/// Each glyph is seven rows of five pixels; a row is one digit of base 32, its highest bit the leftmost pixel.
enum TinyFont {
  static let width = 5
  static let height = 7
  /// From one letter to the next.
  static let advance = 6

  /// The rows of a character, five bits each. Unknown characters are boxes.
  static func rows(_ character: Character) -> [Int] {
    (glyphs[character] ?? "VHHHHHV").map { Int(String($0), radix: 32) ?? 0 }
  }

  private static let glyphs: [Character: String] = [
    " ": "0000000", "A": "EHHVHHH", "B": "UHHUHHU", "C": "EHGGGHE", "D": "UHHHHHU", "E": "VGGUGGV",
    "F": "VGGUGGG", "G": "EHGNHHF", "H": "HHHVHHH", "I": "E44444E", "J": "72222IC", "K": "HIKOKIH",
    "L": "GGGGGGV", "M": "HRLLHHH", "N": "HHPLJHH", "O": "EHHHHHE", "P": "UHHUGGG", "Q": "EHHHLID",
    "R": "UHHUKIH", "S": "FGGE11U", "T": "V444444", "U": "HHHHHHE", "V": "HHHHHA4", "W": "HHHLLLA",
    "X": "HHA4AHH", "Y": "HHHA444", "Z": "V1248GV", "0": "EHJLPHE", "1": "4C4444E", "2": "EH1248V",
    "3": "V2421HE", "4": "26AIV22", "5": "VGU11HE", "6": "68GUHHE", "7": "V124888", "8": "EHHEHHE",
    "9": "EHHF12C", ".": "00000CC", ",": "0000C48", "-": "000E000", "_": "000000V", "/": "01248G0",
    "(": "2488842", ")": "8422248", "|": "4444444", ":": "0CC0CC0", "@": "EH1DLLE", "+": "044V440",
    "=": "00V0V00", "#": "AAVAVAA", "%": "OP248J3", "[": "E88888E", "]": "E22222E", "…": "000000L",
    "×": "0HA4AH0", "!": "4444404", "?": "EH12404", "'": "4480000", "*": "04LEL40", "&": "CIK8LID",
    "<": "248G842", ">": "8421248", "\\": "0G84210", "{": "6448446", "}": "C44244C", "~": "000DM00",
    ";": "0CC0C48", "$": "4FKE5U4", "\"": "AA00000", "^": "4AH0000", "±": "44V440V", "•": "00EEE00",
    "a": "00E1FHF", "b": "GGMPHHU", "c": "00EGGHE", "d": "11DJHHF", "e": "00EHVGE", "f": "698S888",
    "g": "0FHHF1E", "h": "GGMPHHH", "i": "40C444E", "j": "20622IC", "k": "GGIKOKI", "l": "C44444E",
    "m": "00QLLHH", "n": "00MPHHH", "o": "00EHHHE", "p": "00UHUGG", "q": "00DJF11", "r": "00MPGGG",
    "s": "00EGE1U", "t": "88S8896", "u": "00HHHJD", "v": "00HHHA4", "w": "00HHLLA", "x": "00HA4AH",
    "y": "00HHF1E", "z": "00V248V",
  ]
}
