import Testing

@testable import TesseraText
