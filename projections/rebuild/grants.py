"""Who may read a version's tables: given to the next one too, before it comes into use.

The views run with their reader's rights, so that row security holds; a dashboard's role therefore
has rights on the schema and the tables of the version itself.
"""

import asyncpg

# Statements that give on the schema $2 what the roles have on the schema $1.
GRANTS = """
    WITH given AS (
        SELECT '' AS tail, grantee, privilege_type, is_grantable, 'SCHEMA ' || quote_ident($2::text)
            AS target, 0 AS place
        FROM pg_namespace CROSS JOIN aclexplode(nspacl)
        WHERE nspname = $1::text AND grantee <> nspowner
        UNION ALL
        SELECT '', grantee, privilege_type, is_grantable, format('%I.%I', $2::text, relname), 1
        FROM pg_class CROSS JOIN aclexplode(relacl)
        WHERE relnamespace = to_regnamespace($1::text) AND relkind = 'r' AND grantee <> relowner
        UNION ALL
        SELECT format(' (%I)', attname), grantee, privilege_type, is_grantable,
            format('%I.%I', $2::text, relname), 2
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid CROSS JOIN aclexplode(attacl)
        WHERE relnamespace = to_regnamespace($1::text) AND relkind = 'r' AND grantee <> relowner
    )
    SELECT format('GRANT %s%s ON %s TO %s%s', privilege_type, tail, target,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
        CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
    FROM given ORDER BY place, 1
"""
POLICIES = """
    SELECT format('CREATE POLICY %I ON %I.%I AS %s FOR %s TO %s%s%s', policyname, $2::text,
        tablename, permissive, cmd, (SELECT string_agg(
            CASE role WHEN 'public' THEN 'PUBLIC' ELSE quote_ident(role) END, ', ')
            FROM unnest(roles) AS role),
        CASE WHEN qual IS NOT NULL THEN format(' USING (%s)', qual) ELSE '' END,
        CASE WHEN with_check IS NOT NULL THEN format(' WITH CHECK (%s)', with_check) ELSE '' END)
    FROM pg_policies WHERE schemaname = $1::text
    UNION ALL
    SELECT format('ALTER TABLE %I.%I %s ROW LEVEL SECURITY', $2::text, relname, what)
    FROM pg_class CROSS JOIN LATERAL (
        SELECT 'ENABLE' AS what WHERE relrowsecurity
        UNION ALL SELECT 'FORCE' WHERE relforcerowsecurity
    ) AS secured
    WHERE relnamespace = to_regnamespace($1::text) AND relkind = 'r'
"""


async def copy(connection: asyncpg.Connection, *, source: str, target: str) -> None:
    """Gives every role on one schema and its tables what it has on another's of the same names.

    A table that only the one has is passed over: nobody can have rights on it in the other.
    """
    for query in (GRANTS, POLICIES):
        for (statement,) in await connection.fetch(query, source, target):
            await connection.execute(statement)
