/** What {@link detangle.pipelines.SchemaExtractor} is asked for, and what it answers. */
package detangle.pipelines.schema;
