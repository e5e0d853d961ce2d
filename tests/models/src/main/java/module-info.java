/** Small models for tests of what runs models: with random weights, or with weights that follow from a formula. */
module detangle.testing.models {
    requires transitive detangle.models;

    exports detangle.testing.models;
}
