/** Cross-encoders for Apache Lucene. */
package detangle.plug.lucene;
