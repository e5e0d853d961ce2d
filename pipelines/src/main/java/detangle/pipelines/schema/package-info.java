/** The schemas that {@link detangle.pipelines.SchemaExtractor} takes, and its answers. */
package detangle.pipelines.schema;
