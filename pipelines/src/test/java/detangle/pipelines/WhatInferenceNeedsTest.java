package detangle.pipelines;

import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever only runs models gets neither the writers for other runtimes nor what those need. */
class WhatInferenceNeedsTest {
    @ParameterizedTest
    @ValueSource(strings = {"com.google.protobuf.CodedOutputStream", "detangle.export.ModelExport"})
    void isNotExports(String name) {
        assertThrows(ClassNotFoundException.class, () -> Class.forName(name));
    }
}
