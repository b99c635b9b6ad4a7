ALTER TABLE "<b>bold</b>" ADD COLUMN "|cell| `code` ```" TEXT DEFAULT '</code></pre><img src=x onerror=alert(1)>';
ALTER TABLE "<b>bold</b>" ADD COLUMN "x --> y <!--" DEFAULT '##[error]x
::error file=a::pwned';
CREATE TABLE "[a](http://evil.example) @everyone #1" (
    "%0A::error::x,file=y:z" TEXT -- a comment with ``` and </details>
        CHECK ("%0A::error::x,file=y:z" <> '*/ ; DROP TABLE x; --')
);
CREATE VIEW "::error::v" AS SELECT 1 AS "$(id) `id` ${{ secrets.X }}";
